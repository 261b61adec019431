// Copies the text of the element named by data-copy="#id" and says so.
import { announce } from "./announce.js"

const SAID_FOR_MS = 4000

/** Shows the copy buttons (they are hidden without scripts) and makes them work, those of later updates too. */
export function startCopying(root) {
  root.documentElement.classList.add("cl-can-copy")
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]")
    if (!button) return
    const source = root.querySelector(button.dataset.copy)
    const said = (await copied(source)) ? "Copied" : "Selected: press Ctrl and C to copy"
    const before = button.dataset.label ?? (button.dataset.label = button.textContent)
    button.textContent = said
    announce(said)
    setTimeout(() => { button.textContent = before }, SAID_FOR_MS)
  })
}

async function copied(source) {
  const text = source.value ?? source.textContent.trim()
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // No permission, or not a secure page: leave it selected for the person to copy.
    if (source.select) source.select()
    else getSelection().selectAllChildren(source)
    return false
  }
}
