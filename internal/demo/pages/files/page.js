"use strict";

// Keeps what carries data-tag as the server has it. It is replaced only when its
// data has changed, so that nothing moves under the pointer.
const pause = 500; // milliseconds

async function follow(part, gone) {
  const resp = await fetch(location.href, { headers: { "If-None-Match": part.dataset.tag } });
  gone.hidden = true;
  if (resp.status === 200) {
    const page = new DOMParser().parseFromString(await resp.text(), "text/html");
    part.innerHTML = page.querySelector("[data-tag]").innerHTML; // escaped by the server's templates
    part.dataset.tag = resp.headers.get("ETag");
  }
}

function again(part, gone) {
  follow(part, gone)
    .catch(() => { gone.hidden = false; })
    .finally(() => setTimeout(again, pause, part, gone));
}

for (const part of document.querySelectorAll("[data-tag]")) {
  again(part, document.querySelector(".gone"));
}
