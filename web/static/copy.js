"use strict";

// Without https browsers have no clipboard for pages: the field is selected and copied.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copies);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy");
  }
  button.dataset.done = "";
  const status = document.getElementById("status");
  status.textContent = "";
  // Said again where it was said before: a change is announced only if the text was another.
  requestAnimationFrame(() => { status.textContent = button.dataset.copied; });
});
