"""The JSON Schema of rubric files, from which editors complete and check."""

import json

from graders.rubric.shape import rubric_model


def rubric_schema() -> str:
    """Return the schema as text, the same for the same graders."""
    schema = rubric_model().model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
