"use strict";
(() => {
  const data = (id) => JSON.parse(document.getElementById(id).textContent);
  const [NAME, HREF, STATUS, LATE, TOTAL, , EARNED, SEARCHED, PROBLEM] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const rows = data("rows");
  const about = data("about");
  const times = data("times");
  const PAGE = 100;
  const at = (id) => document.getElementById(id);
  const body = document.querySelector("#list tbody");
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const sought = rows.map((row) => fold(`${row[NAME]} ${row[SEARCHED]} ${row[STATUS]}`));
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  let column = null;
  let falling = false;
  let page = 0;
  let only = null;

  const value = (place) => {
    if (column === "time") return times.students[place];
    if (column === "one") return rows[place][EARNED][Number(at("criterion").value)];
    return rows[place][Number(column)];
  };
  // What has no value stands last, whichever way the list is sorted.
  const compare = (one, two) => {
    const [a, b] = [value(one), value(two)];
    if (a === null || a === undefined || b === null || b === undefined) return ((a ?? null) === null) - ((b ?? null) === null);
    const order = typeof a === "number" ? a - b : collator.compare(a, b);
    return (falling ? -order : order) || one - two;
  };
  const chosen = () => {
    const words = fold(at("search").value).split(/\s+/).filter(Boolean);
    const status = at("status").value;
    const places = [];
    for (let place = 0; place < rows.length; place += 1) {
      if (status && rows[place][STATUS] !== status) continue;
      if (only && !only.has(place)) continue;
      if (words.every((word) => sought[place].includes(word))) places.push(place);
    }
    return column === null ? places : places.sort(compare);
  };

  const add = (parent, tag, text, name) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (name) element.className = name;
    parent.append(element);
    return element;
  };
  const draw = () => {
    const places = chosen();
    const last = Math.max(0, Math.ceil(places.length / PAGE) - 1);
    page = Math.min(page, last);
    const criterion = at("criterion").value;
    const fragment = document.createDocumentFragment();
    for (const place of places.slice(page * PAGE, (page + 1) * PAGE)) {
      const row = rows[place];
      const line = add(fragment, "tr");
      const who = add(line, "th");
      who.scope = "row";
      if (row[HREF]) add(who, "a", row[NAME]).href = row[HREF];
      else add(who, "span", row[NAME]);
      if (row[LATE]) add(who, "span", " late", "quiet");
      const status = add(line, "td");
      add(status, "span", row[STATUS], row[PROBLEM] && row[STATUS] !== "nothing handed in" ? "bad" : "");
      if (row[PROBLEM] && row[STATUS] !== "nothing handed in") add(status, "span", row[PROBLEM], "why");
      add(line, "td", row[TOTAL] ?? "", "points");
      add(line, "td", row[5] || "", "points");
      if (criterion !== "") add(line, "td", row[EARNED][Number(criterion)] ?? "", "points");
      add(line, "td", times.students[place] ? times.students[place].toFixed(1) : "", "points");
    }
    body.replaceChildren(fragment);
    const first = places.length ? page * PAGE + 1 : 0;
    const told = `${first} to ${Math.min((page + 1) * PAGE, places.length)} of ${places.length}`;
    at("page").textContent = told;
    at("shown").textContent = `Students ${told}`;
    at("before").disabled = page === 0;
    at("after").disabled = page === last;
    at("everyone").hidden = only === null;
    for (const head of document.querySelectorAll("#list thead th")) {
      const sorted = head.firstElementChild.dataset.column === column;
      head.setAttribute("aria-sort", sorted ? (falling ? "descending" : "ascending") : "none");
    }
  };
  const anew = () => { page = 0; draw(); };

  at("controls").addEventListener("submit", (event) => event.preventDefault());
  at("search").addEventListener("input", anew);
  at("status").addEventListener("change", anew);
  at("criterion").addEventListener("change", () => {
    const number = at("criterion").value;
    at("one").hidden = number === "";
    if (number === "" && column === "one") column = null;
    if (number !== "") at("one").firstElementChild.textContent = about.criteria[Number(number)].title;
    anew();
  });
  document.querySelector("#list thead").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    falling = column === button.dataset.column ? !falling : false;
    column = button.dataset.column;
    anew();
  });
  at("before").addEventListener("click", () => { page -= 1; draw(); });
  at("after").addEventListener("click", () => { page += 1; draw(); });
  at("everyone").textContent = "Show everyone again";
  at("everyone").addEventListener("click", () => { only = null; anew(); });
  for (const button of document.querySelectorAll("button.only")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      only = new Set(about.mistakes[Number(button.dataset.mistake)]);
      anew();
      at("students").scrollIntoView();
    });
  }

  const used = times.students.filter((seconds) => seconds > 0).sort((a, b) => a - b);
  const quantile = (share) => used[Math.min(used.length - 1, Math.floor(share * used.length))].toFixed(1);
  at("time-told").textContent = used.length
    ? `A submission took ${quantile(0.5)} s in the middle, ${quantile(0.9)} s at the ninetieth percentile and ${quantile(1)} s at most; ${(used.reduce((a, b) => a + b, 0) / 3600).toFixed(2)} hours all together.`
    : "Nothing has been graded yet.";
  const slowest = [...times.criteria].sort((a, b) => b[1] - a[1]);
  for (const [title, seconds] of slowest) {
    const line = add(at("time-criteria").tBodies[0], "tr");
    add(line, "th", title).scope = "row";
    add(line, "td", seconds.toFixed(2), "points");
  }
  at("time-criteria").hidden = slowest.length === 0;
  for (const id of ["controls", "list", "pages"]) at(id).hidden = false;
  draw();
})();
