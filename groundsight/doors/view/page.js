// Everything works without this file: it says that work goes on, and spares an upload that would be refused.
"use strict";

for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    const button = form.querySelector("button");
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    button.setAttribute("aria-disabled", "true");
    button.textContent += " …";
  });
}

// A page that comes back from the browser's memory can be sent again.
addEventListener("pageshow", (event) => event.persisted && location.reload());

const file = document.querySelector("input[type=file]");
file?.addEventListener("change", () => {
  const most = Number(file.dataset.most);
  const over = file.files[0] && file.files[0].size > most;
  file.setCustomValidity(over ? `This picture is too large: at most ${Math.floor(most / 1048576)} MiB.` : "");
  file.reportValidity();
});

// A picture that is pasted is chosen.
addEventListener("paste", (event) => {
  if (!file || !event.clipboardData.files.length) return;
  file.files = event.clipboardData.files;
  file.dispatchEvent(new Event("change"));
});

// This runs when all has come: there is nothing to stop any more.
for (const stop of document.querySelectorAll("form.stop")) stop.remove();
