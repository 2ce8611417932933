"use strict";
// comments can be filtered, and tables sorted; without this script all of it is there
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const comments = [...document.querySelectorAll(".comments article")];
  const place = (comment) => comment.closest("[data-touchpoint]").dataset.touchpoint;
  const themes = (comment) => comment.dataset.themes.split(", ").filter((theme) => theme);
  const offer = (select, values) => {
    for (const value of [...new Set(values)].sort()) {
      const option = document.createElement("option");
      option.value = value;
      option.textContent = value.replaceAll("_", " ");
      select.append(option);
    }
  };
  offer(form.touchpoint, comments.map(place));
  offer(form.theme, comments.flatMap(themes));
  if (form.theme.length > 1) form.theme.append(new Option("none of them", "-"));
  const is = (comment, theme) => (theme === "-" ? !themes(comment).length : themes(comment).includes(theme));
  const apply = () => {
    const words = form.words.value.trim().toLocaleLowerCase();
    let shown = 0;
    for (const comment of comments) {
      const there =
        (!form.touchpoint.value || place(comment) === form.touchpoint.value) &&
        (!form.theme.value || is(comment, form.theme.value)) &&
        comment.querySelector(".whole").textContent.toLocaleLowerCase().includes(words);
      comment.hidden = !there;
      shown += there;
    }
    for (const section of document.querySelectorAll(".comments section"))
      section.hidden = !section.querySelector("article:not([hidden])");
    document.getElementById("found").textContent = `${shown} of ${comments.length} comments`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  // where it acts: tables may stand before the comments
  comments[0]?.closest(".figure").before(form);
  form.hidden = false;
  apply();
})();
(() => {
  // exact values where a cell is rounded; a table comes back to its own order by the third press
  const value = (row, at) => row.cells[at].dataset.v ?? row.cells[at].textContent.trim();
  const numeric = (text) => (text !== "" && !Number.isNaN(Number(text.replaceAll(",", ""))) ? Number(text.replaceAll(",", "")) : null);
  const compare = (one, other) => {
    const [a, b] = [numeric(one), numeric(other)];
    return a !== null && b !== null ? a - b : one.localeCompare(other);
  };
  for (const table of document.querySelectorAll("table:not([class])")) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    if (rows.length < 3) continue;
    heads.forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const order = { none: "ascending", ascending: "descending", descending: "none" }[head.ariaSort ?? "none"];
        for (const each of heads) each.removeAttribute("aria-sort");
        if (order !== "none") head.ariaSort = order;
        // what is missing stays last either way
        const empty = (row) => ["", "–"].includes(value(row, at));
        const sorted = order === "none" ? rows : [...rows].sort((one, other) =>
          empty(one) - empty(other) || compare(value(one, at), value(other, at)) * (order === "ascending" ? 1 : -1));
        body.append(...sorted);
      });
    });
  }
})();
