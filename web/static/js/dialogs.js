// Dialogs in which a person chooses others by name.

/** Fills a list with a checkbox for each of `people` ({link, label, part_words}); those in `chosen` are checked. */
export function offer(list, people, chosen = []) {
  list.replaceChildren(...people.map(({ link, label, part_words: part }) => {
    const item = document.createElement("div")
    item.className = "govuk-checkboxes__item"
    const box = Object.assign(document.createElement("input"), {
      className: "govuk-checkboxes__input", type: "checkbox", name: "link", value: link,
      id: `${list.dataset.people}-${link}`, checked: chosen.includes(link),
    })
    const name = Object.assign(document.createElement("label"), {
      className: "govuk-label govuk-checkboxes__label", htmlFor: box.id, textContent: part && part !== label ? `${label}, ${part}` : label,
    })
    item.append(box, name)
    return item
  }))
}

/** Opens a dialog in which at least `least` people are chosen; answers their links, or null when it was left. */
export function choose(dialog, least) {
  const form = dialog.querySelector("form")
  const missing = form.querySelector("[data-missing]")
  missing.hidden = true
  dialog.showModal()
  return new Promise((answer) => {
    const over = new AbortController()
    const settle = (links) => { over.abort(); dialog.close(); answer(links) }
    const { signal } = over
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      const links = new FormData(form).getAll("link")
      missing.hidden = links.length >= least
      links.length >= least ? settle(links) : missing.focus()
    }, { signal })
    form.querySelector("[data-close]").addEventListener("click", () => settle(null), { signal })
    dialog.addEventListener("close", () => settle(null), { signal })
  })
}
