"use strict";

// Keeps what carries data-live as the server has it. It is replaced only when it
// has changed, so that nothing moves under the pointer.
const pause = 500; // milliseconds

async function follow(part, gone) {
  const resp = await fetch(part.dataset.live, { headers: { "If-None-Match": part.dataset.tag } });
  gone.hidden = true;
  if (resp.status === 200) {
    part.innerHTML = await resp.text(); // escaped by the server's templates
    part.dataset.tag = resp.headers.get("ETag");
  }
}

function again(part, gone) {
  follow(part, gone)
    .catch(() => { gone.hidden = false; })
    .finally(() => setTimeout(again, pause, part, gone));
}

for (const part of document.querySelectorAll("[data-live]")) {
  again(part, document.querySelector(".gone"));
}
