// Shows what comes in without loading the page again. It asks for the page that
// comes after the one that is shown; that is answered as soon as there is one.
"use strict"

const list = document.getElementById("shop-messages")

function show(fresh) {
  for (const id of ["shop-state", "shop-count"]) {
    const [old, now] = [document.getElementById(id), fresh.getElementById(id)]
    if (old.innerHTML !== now.innerHTML) old.replaceChildren(...now.childNodes)
  }
  const now = fresh.getElementById("shop-messages")
  const kept = new Set()
  for (const message of [...now.children].reverse()) {
    kept.add(message.id)
    const old = document.getElementById(message.id)
    if (old) old.querySelector(".shop-verdict").replaceWith(message.querySelector(".shop-verdict"))
    else list.prepend(message)
  }
  for (const message of [...list.children]) if (!kept.has(message.id)) message.remove()
  list.dataset.number = now.dataset.number
}

async function follow() {
  for (;;) {
    try {
      const answer = await fetch("/receiver?shown=" + list.dataset.number)
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html")
      if (!fresh.getElementById("shop-messages")) return // signed out meanwhile
      show(fresh)
    } catch {
      await new Promise(done => setTimeout(done, 1000)) // the server is away
    }
  }
}

follow()
