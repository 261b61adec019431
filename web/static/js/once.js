// A form is sent once: a second press while the first is under way does nothing.

/** Marks a form as sent on its first submit; coming back to the page by the browser's history frees it. */
export function sendOnce(root) {
  const sent = new Set()
  root.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return
    const form = event.target
    if (form.method !== "post") return
    if (sent.has(form)) { event.preventDefault(); return }
    sent.add(form)
    form.setAttribute("aria-busy", "true")
  })
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return
    for (const form of sent) form.removeAttribute("aria-busy")
    sent.clear()
  })
}
