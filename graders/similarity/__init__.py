"""Look-alikes: pairs of submissions that share code of their own. For a person to look at; no score depends on it."""

from graders.similarity.pages import write_similarity

__all__ = ["write_similarity"]
