"use strict";
(() => {
  const criteria = [...document.querySelectorAll("details.criterion")];
  const button = document.getElementById("expand");

  const label = () => {
    button.textContent = criteria.every((one) => one.open) ? "Collapse all" : "Expand all";
  };
  button.addEventListener("click", () => {
    const open = !criteria.every((one) => one.open);
    criteria.forEach((one) => { one.open = open; });
  });
  criteria.forEach((one) => one.addEventListener("toggle", label));
  button.hidden = criteria.length === 0;
  label();

  // A link to a closed criterion opens it.
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const details = target && target.closest("details");
    if (details && !details.open) {
      details.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  reveal();

  // On paper nothing can be opened: open everything for it, and put it back afterwards.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => {
    closed.forEach((one) => { one.open = false; });
    closed = [];
  });
})();
