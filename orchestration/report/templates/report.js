"use strict";
// comments can be filtered; without this script all of them are there
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const comments = [...document.querySelectorAll(".comments article")];
  const group = (comment) => comment.closest("[data-touchpoint]");
  const names = [...new Set(comments.map((comment) => group(comment).dataset.touchpoint))].sort();
  for (const name of names) {
    const option = document.createElement("option");
    option.value = option.textContent = name;
    form.touchpoint.append(option);
  }
  const apply = () => {
    const words = form.words.value.trim().toLocaleLowerCase();
    let shown = 0;
    for (const comment of comments) {
      const there =
        (!form.touchpoint.value || group(comment).dataset.touchpoint === form.touchpoint.value) &&
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
  form.hidden = false;
  apply();
})();
