"""Reads tables that Attest wrote, with programmes that others wrote, and compares them with what was meant.

Called with a folder. For each NAME.expected.json there: NAME.json, NAME.csv, NAME.wide.csv, NAME.jsonstat, NAME.vl.json and, where it can be drawn, NAME.svg.
Says what differs, a line each, and fails; says how many tables agree otherwise.
"""

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pandas
import vl_convert
from pyjstat import pyjstat

GREY = ("#a6a6a6", "#767676")


def number(value):
    return None if pandas.isna(value) else int(value)


def of_json(text, dimensions):
    frame = pandas.DataFrame(json.loads(text)["rows"])
    return {tuple(row[name] for name in dimensions): (number(row["count"]), row["conf_status"]) for row in frame.to_dict("records")}


def of_csv(path, dimensions):
    frame = pandas.read_csv(path, dtype={name: str for name in dimensions})
    return {tuple(row[name] for name in dimensions): (number(row["count"]), row["conf_status"]) for row in frame.to_dict("records")}


def of_wide(path, dimensions):
    raw = pandas.read_csv(path, dtype=str, keep_default_na=False)
    frame = pandas.read_csv(path, na_values=["C", "not_attested", "empty"], dtype={name: str for name in dimensions[:-1] or dimensions})
    down, last = (dimensions[:-1], dimensions[-1]) if len(dimensions) > 1 else (dimensions, None)
    columns = [name for name in frame if (name == "count" if last is None else re.fullmatch(f"{last}=[^ ]*", name))]
    found = {}
    for read, written in zip(frame.to_dict("records"), raw.to_dict("records"), strict=True):
        for column in columns:
            at = tuple(read[name] for name in down) + (() if last is None else (column.removeprefix(f"{last}="),))
            # A text, so that no spreadsheet takes it for 0.
            assert written[column] != "", f"an empty cell at {at}"
            found[at] = (number(read[column]), "C" if written[column] == "C" else "F")
    return found


def of_jsonstat(text, dimensions):
    dataset = json.loads(text)
    frame = pyjstat.Dataset.read(text).write("dataframe", naming="id")
    found = {}
    for index, row in enumerate(frame.to_dict("records")):
        confidential = dataset["status"].get(str(index)) == "C"
        found[tuple(row[name] for name in dimensions)] = (number(row["value"]), "C" if confidential else "F")
    return found


def marks(svg):
    """The grey shapes and texts of a chart, without those of the legend."""
    chart = re.sub(r'<g class="mark-group role-legend".*', "", svg, flags=re.DOTALL)
    return sum(len(re.findall(f'fill="{colour}"', chart)) for colour in GREY)


def check_chart(path, inner_withheld):
    text = path.read_text()
    assert '"url"' not in text, "it loads data from elsewhere"
    svg = vl_convert.vegalite_to_svg(text, vl_version="6.4")
    found = marks(svg)
    assert found == inner_withheld, f"{found} grey marks for {inner_withheld} withheld cells"
    picture = vl_convert.vegalite_to_png(text, vl_version="6.4")
    assert picture.startswith(b"\x89PNG"), "no picture"


def check_picture(path, inner_withheld):
    space = "{http://www.w3.org/2000/svg}"
    picture = ElementTree.parse(path).getroot()
    known = {"svg", "title", "desc", "style", "defs", "pattern", "rect", "path", "text", "g", "circle"}
    names = {element.tag.removeprefix(space) for element in picture.iter()}
    assert names <= known, f"unknown elements {sorted(names - known)}"
    hatched = sum(1 for mark in picture.iter(f"{space}rect") if mark.get("fill") == "url(#withheld)")
    # One more in the legend.
    assert hatched == inner_withheld + (inner_withheld > 0), f"{hatched} hatched marks for {inner_withheld} withheld cells"


def compare(found, expected):
    missing = expected.keys() - found.keys()
    more = found.keys() - expected.keys()
    assert not missing and not more, f"missing {sorted(missing)}, too many {sorted(more)}"
    for at, value in expected.items():
        assert found[at] == value, f"{found[at]} instead of {value} at {at}"


def check(folder, name):
    meant = json.loads((folder / f"{name}.expected.json").read_text())
    dimensions = meant["by"]
    expected = {tuple(row["at"]): (row["count"], row["conf_status"]) for row in meant["rows"]}
    # What is empty has no row, and a place where every place has one.
    rows = {tuple(row["at"]): (row["count"], row["conf_status"]) for row in meant["rows"] if not row["empty"]}
    inner = sum(1 for at, (_, status) in expected.items() if status == "C" and "_T" not in at)
    checks = {
        f"{name}.json": lambda path: compare(of_json(path.read_text(), dimensions), rows),
        f"{name}.csv": lambda path: compare(of_csv(path, dimensions), rows),
        f"{name}.wide.csv": lambda path: compare(of_wide(path, dimensions), expected),
        f"{name}.jsonstat": lambda path: compare(of_jsonstat(path.read_text(), dimensions), expected),
        f"{name}.vl.json": lambda path: check_chart(path, inner),
    }
    if len(dimensions) < 3:
        checks[f"{name}.svg"] = lambda path: check_picture(path, inner)
    for file, agrees in checks.items():
        try:
            agrees(folder / file)
        except Exception as why:  # Whatever goes wrong in somebody else's reader is a difference.
            yield f"{file}: {type(why).__name__}: {why}"


def main():
    folder = Path(sys.argv[1])
    names = sorted(path.name.removesuffix(".expected.json") for path in folder.glob("*.expected.json"))
    differences = [difference for name in names for difference in check(folder, name)]
    print("\n".join(differences) if differences else f"{len(names)} tables agree")
    return 1 if differences or not names else 0


if __name__ == "__main__":
    sys.exit(main())
