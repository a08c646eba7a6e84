"""Makes the submission of the files that were found: decodes, compiles, reads the notebook, places everything."""

from dataclasses import dataclass, field

from graders.submission.answers import decode_text, merged
from graders.submission.entries import Entry, FileKind, Found, Intake, left_out, reason_not_to_take
from graders.submission.model import LineMap, Notice, Submission, SubmissionLimits
from graders.submission.near import library_names, misnamed_files, misplaced_names, nothing_found
from graders.submission.notebook import read_cells
from graders.submission.outline import Outline, outline, repeated_definitions
from graders.submission.placing import ANSWERS, as_package, package_for, placed, roots_of
from graders.submission.source import UndecodableSource, compile_fault, decode_source, plain
from graders.submission.workbook import Workbook, module_from, read_workbook, without_imports_of
from graders.wire.contract import MODULE_OF, MODULES

SOLUTION = "solution"


@dataclass(slots=True, kw_only=True)
class Draft:
    """A submission in the making; `Submission` says what the fields mean."""

    files: dict[str, bytes] = field(default_factory=dict)
    outlines: dict[str, Outline] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    origins: dict[str, LineMap] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    answers: str = ""

    def add_code(self, path: str, text: str, origin: LineMap | None = None) -> None:
        """Take a .py file whose text is known; one that does not compile becomes a fault."""
        self.files[path] = text.encode()
        if origin is not None:
            self.origins[path] = origin
        fault = compile_fault(text, lambda line: (origin and origin.describe(line)) or f"{path}, line {line}")
        if fault:
            self.faults[path] = fault
            return
        self.outlines[path] = outline(text)
        self.notices += repeated_definitions(path, self.outlines[path])


def assemble(found: Found, limits: SubmissionLimits) -> Submission:
    """Return the submission that a student's files make.

    Raises:
        BadSubmission: nothing of the contract is among them, or they are too large or unreadable.
    """
    roots = roots_of(found.entries)
    if not roots:
        raise nothing_found(found)
    entries, notices = placed(found.entries, roots)
    draft = Draft(notices=[*found.notices, *notices])
    intake = Intake(limits)
    take_files(draft, entries, intake)
    workbook = read_notebook(draft, entries, intake, limits)
    notebook_module = add_notebook(draft, workbook) if workbook else None
    draft.notices += misnamed_files(entries, draft.files, has_notebook=workbook is not None)
    draft.notices += misplaced_names(draft.outlines, workbook)
    draft.notices += library_names(draft.outlines)
    folder = (roots[0] or found.name).rpartition("/")[2]
    answers = merged(draft.answers, workbook.markdown if workbook else ())
    if len(answers) > limits.max_answer_characters:
        answers = answers[: limits.max_answer_characters]
        why = f"the answers are longer than {limits.max_answer_characters:,} characters; the rest is left out"
        draft.notices.append(Notice(message=why, where=ANSWERS))
    return finished(draft, found.name, notebook_module, answers, folder, limits)


def take_files(draft: Draft, entries: dict[str, Entry], intake: Intake) -> None:
    """Read the code and, as far as there is room, the text files."""
    for path, entry in sorted(entries.items(), key=lambda item: (item[1].kind is not FileKind.CODE, item[0])):
        if entry.kind is FileKind.CODE:
            try:
                draft.add_code(path, decode_source(intake.code(entry)))
            except UndecodableSource as error:
                place = f"{path}, line {error.line}" if error.line else path
                draft.faults[path] = f"{place}: {error.message}"
                draft.files[path] = f"raise SyntaxError({draft.faults[path]!r})\n".encode()
        elif entry.kind is FileKind.TEXT:
            raw = intake.text(entry)
            if isinstance(raw, Notice):
                draft.notices.append(raw)
            elif path.lower() == ANSWERS:
                draft.answers = decode_text(raw)
            else:
                draft.files[path] = raw
        elif entry.kind is FileKind.WEIGHTS:
            why = "stored arrays and weights are not taken; the functions have to make their own"
            draft.notices.append(left_out(entry.path, why))
        elif entry.kind is FileKind.OTHER and (why := reason_not_to_take(path)):
            draft.notices.append(left_out(entry.path, why))


def read_notebook(draft: Draft, entries: dict[str, Entry], intake: Intake, limits: SubmissionLimits) -> Workbook | None:
    """Return the notebook that counts: solution.ipynb, else the one nearest the top, and of those the most complete."""
    notebooks = {path: entry for path, entry in sorted(entries.items()) if entry.kind is FileKind.NOTEBOOK}
    if not notebooks:
        return None
    depth = min(path.count("/") for path in notebooks)
    nearest = [path for path in notebooks if path.count("/") == depth]
    named = [path for path in nearest if path.lower() == f"{SOLUTION}.ipynb"]
    books = [read_workbook(read_cells(intake.notebook(notebooks[p]), p, limits), p, limits) for p in named or nearest]
    best = max(books, key=lambda book: len(book.binds & set(MODULE_OF)))
    others = [path for path in notebooks if path != best.path]
    if others:
        message = f"there are several notebooks; {best.path} is graded, and not {', '.join(map(plain, others[:5]))}"
        draft.notices.append(Notice(message=message, where=best.path))
    return best


def add_notebook(draft: Draft, workbook: Workbook) -> str | None:
    """Take the files a notebook writes and the module made from it; return the module's name, None without one."""
    if workbook.faults:
        draft.faults[workbook.path] = "\n".join(workbook.faults)
    for path, written in workbook.files.items():
        if path in draft.files:
            message = f"{path} is in the folder too, and the file counts, not the cell that writes it"
            draft.notices.append(Notice(message=message, where=written.origin.describe(1) or workbook.path))
        else:
            draft.add_code(path, written.text, written.origin)
    absent = [module for module in MODULES if f"{module}.py" not in draft.files]
    workbook = without_imports_of(workbook, absent)
    draft.notices += workbook.notices
    provided = {name for name, module in MODULE_OF.items() if binds(draft, f"{module}.py", name)}
    twice = [n for n in MODULE_OF if n in provided & workbook.binds and workbook.imports_from.get(n) not in MODULES]
    if twice:
        message = f"{', '.join(twice)}: defined in the .py file and in the notebook; the .py file counts"
        draft.notices.append(Notice(message=message, where=workbook.path))
    roots = (workbook.binds & set(MODULE_OF)) - provided
    if len(absent) < len(MODULES) and not roots:
        return None
    module = SOLUTION
    while f"{module}.py" in draft.files or any(path.startswith(f"{module}/") for path in draft.files):
        module += "_notebook"
    made = module_from(workbook, roots)
    draft.notices += made.notices
    path = f"{module}.py"
    draft.files[path] = made.text.encode()
    draft.origins[path] = made.origin
    if made.fault:
        draft.faults[path] = made.fault
    else:
        draft.outlines[path] = outline(made.text)
    return module


def binds(draft: Draft, path: str, name: str) -> bool:
    """Return whether a file binds a name at top level."""
    return path in draft.outlines and name in draft.outlines[path].binds


def finished(
    draft: Draft, name: str, notebook_module: str | None, answers: str, folder: str, limits: SubmissionLimits
) -> Submission:
    """Return the submission, its files in a package if their imports ask for one."""
    package = package_for(draft.outlines, folder)
    files, prefix = draft.files, ""
    if package:
        files, prefix = as_package(draft.files, draft.outlines, package), f"{package}/"
    dotted = prefix.replace("/", ".")
    notices = list(dict.fromkeys(draft.notices))
    if len(notices) > limits.max_notices:
        more = Notice(message=f"there are {len(notices) - limits.max_notices:,} more notices of this kind")
        notices = [*notices[: limits.max_notices], more]
    return Submission(
        name=plain(name, 100),
        files=files,
        modules={module: dotted + module for module in MODULES if f"{module}.py" in draft.files},
        notebook_module=notebook_module and dotted + notebook_module,
        answers=answers,
        origins={prefix + path: origin for path, origin in draft.origins.items()},
        notices=tuple(notices),
        faults={(prefix + path if path in draft.files else path): fault for path, fault in draft.faults.items()},
    )
