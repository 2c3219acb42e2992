// What htmx does not do: fold the filters on small screens, drop files, watch their size, show sending.
"use strict";
document.documentElement.classList.add("js");

const narrow = window.matchMedia("(max-width: 991px)");
let filtersOpen = false;

// On a small screen the results come first; once opened, the filters stay open while they are used.
function foldFilters() {
  const fold = document.getElementById("filters-fold");
  if (fold && narrow.matches) fold.open = filtersOpen;
}

document.addEventListener("htmx:beforeSwap", () => {
  const fold = document.getElementById("filters-fold");
  if (fold) filtersOpen = fold.open;
});

// Several files have a row each for what is their own; of one file the form itself is the row.
function chosenRow(file, several) {
  const template = document.getElementById("file-row");
  if (several && template) {
    const row = template.content.firstElementChild.cloneNode(true);
    row.querySelector(".file-name").textContent = file.name;
    for (const label of row.querySelectorAll("label")) {
      const field = label.querySelector("input, select");
      field.setAttribute("aria-label", `${label.firstChild.textContent}: ${file.name}`);
    }
    return row;
  }
  const row = document.createElement("li");
  row.textContent = file.name;
  return row;
}

// No title is that of several files.
function fitTitle(several) {
  const field = document.querySelector(".upload-form [data-one-file]");
  if (!field) return;
  field.hidden = several;
  for (const input of field.querySelectorAll("input")) input.disabled = several;
}

function showChosen(input) {
  const list = input.closest("[data-drop-zone]").querySelector("[data-chosen]");
  const files = [...input.files];
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  list.replaceChildren(...files.map((file) => chosenRow(file, files.length > 1)));
  fitTitle(files.length > 1);
  const tooLarge = bytes > Number(input.dataset.maxMb) * 1048576;
  input.setCustomValidity(tooLarge ? input.dataset.tooLarge : "");
  if (tooLarge) {
    const row = document.createElement("li");
    row.className = "too-large";
    row.textContent = input.dataset.tooLarge;
    list.append(row);
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-drop-zone] input[type=file]")) showChosen(event.target);
});

for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const zone = event.target instanceof Element && event.target.closest("[data-drop-zone]");
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle("over", kind === "dragenter" || kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) {
      const input = zone.querySelector("input[type=file]");
      input.files = event.dataTransfer.files;
      showChosen(input);
    }
  });
}

document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = event.target.querySelector && event.target.querySelector("progress.sending");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.value = (100 * event.detail.loaded) / event.detail.total;
});

// A page that changed at a person's wish starts at its new heading, for keyboard and screen reader.
document.addEventListener("htmx:afterSwap", (event) => {
  const swapped = event.detail.target || event.target;
  if (swapped.id === "upload") {
    const heading = document.getElementById("progress-title") || document.getElementById("form-problem");
    if (heading) heading.focus();
  }
  if (swapped.id === "results") foldFilters();
});

document.addEventListener("DOMContentLoaded", foldFilters);

// A thumbnail that could not be drawn while many were asked for is asked for again, twice.
document.addEventListener("error", (event) => {
  const image = event.target;
  if (!(image instanceof HTMLImageElement) || !image.src.includes("/thumbnail?")) return;
  const tries = Number(image.dataset.tries || 0) + 1;
  image.dataset.tries = tries;
  if (tries > 2) return;
  setTimeout(() => { image.src = `${image.src.replace(/&again=.*/, "")}&again=${tries}`; }, 1500 * tries);
}, true);

document.addEventListener("change", (event) => {
  const shown = event.target.dataset && event.target.dataset.shows;
  if (shown) document.getElementById(shown).type = event.target.checked ? "text" : "password";
});

// The menus of the account and of the phone close with Escape and when one goes on elsewhere.
for (const kind of ["keydown", "click", "focusin"]) {
  document.addEventListener(kind, (event) => {
    const menu = document.querySelector("details.own-menu[open], details.site-menu[open]");
    if (!menu) return;
    if (kind === "keydown") {
      if (event.key !== "Escape") return;
      menu.querySelector("summary").focus();
    } else if (menu.contains(event.target)) return;
    menu.open = false;
  });
}
