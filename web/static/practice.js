// A source or a figure that a link leads to may stand in a closed fold: open it.
"use strict";

function openFold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const fold = target && target.closest("details:not([open])");
  if (!fold) return;
  fold.open = true;
  target.scrollIntoView();
}

window.addEventListener("hashchange", openFold);
document.addEventListener("DOMContentLoaded", openFold);
