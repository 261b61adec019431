// Exhibits: what is shown to this person, what they offer, and for the bench and court staff who sees what.
import { announce } from "./announce.js"
import { listed, write } from "./consulting.js"
import { choose, offer } from "./dialogs.js"
import { ask } from "./joining.js"

export class Exhibits {
  #root; #me; #request; #shown = []; #people = []; #open = ""; #hearing = ""

  /** `me` is {link, token}; `request(message)` asks the service and throws its refusal in words. */
  constructor(root, me, request) {
    this.#root = root
    this.#me = me
    this.#request = request
    root.querySelector("[data-list]").addEventListener("click", ({ target }) => this.#pressed(target.closest("button")))
    const form = root.querySelector("[data-offer] form")
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#offer(form) })
  }

  show({ hearing, you, exhibits = [], people = [] }) {
    this.#hearing = hearing.id
    this.#people = people.filter((person) => person.admission === "admitted")
    const seen = exhibits.map((each) => ({ ...each, own: each.source === you.link, facts: this.#facts(each, you) }))
    const fresh = seen.filter((each) => each.shown && each.source !== you.link && !this.#shown.some((old) => old.shown && old.id === each.id))
    if (fresh.length) announce(`Now shown: ${listed(fresh.map((each) => each.title))}`)
    this.#shown = seen
    const may = you.place === "hearing" && you.inside && you.part !== "observer" && you.called !== false
    this.#root.querySelector("[data-offer]").hidden = !may
    this.#root.hidden = you.place === "consultation" || (exhibits.length === 0 && !may)
    this.#fill()
    if (this.#open && !exhibits.some((each) => each.id === this.#open)) this.#shut()
  }

  /** Whose it is and who sees it, in words. */
  #facts({ live, source, source_label: by, shown, shown_to: to = [] }, { link, moderates }) {
    const what = live ? "as it is now" : source === link ? "Offered by you" : `Offered by ${by}`
    if (source !== link && !moderates) return live ? `Shown to you, ${what}` : `Shown to you. ${what}`
    if (!shown) return `${what}. Nobody else sees it`
    const names = to.map((each) => this.#people.find((person) => person.link === each)?.label).filter(Boolean)
    return `${what}. Shown to ${names.length ? listed(names) : to.length === 1 ? "one person" : `${to.length} people`}`
  }

  #fill() {
    const list = this.#root.querySelector("[data-list]")
    const template = this.#root.querySelector("template").content.firstElementChild
    const made = JSON.stringify([this.#shown, this.#people.length > 0])
    if (list.dataset.made === made) return
    list.dataset.made = made
    list.replaceChildren(...this.#shown.map((each) => {
      const item = template.cloneNode(true)
      const may = (name, allowed) => {
        const button = item.querySelector(`[data-${name}]`)
        button.hidden = !allowed
        button.dataset.exhibit = each.id
        button.querySelector("[data-which]").textContent = ` ${each.title}`
      }
      item.querySelector("[data-title]").textContent = each.title
      item.querySelector("[data-facts]").textContent = each.facts
      may("open", each.url && !each.live)
      may("permit", this.#people.length > 0)
      may("hide", this.#people.length > 0 && each.shown)
      may("withdraw", each.own && !each.live)
      return item
    }))
  }

  async #pressed(button) {
    const exhibit = this.#shown.find((each) => each.id === button?.dataset.exhibit)
    if (!exhibit) return
    try {
      if ("open" in button.dataset) await this.#look(exhibit)
      if ("hide" in button.dataset) await this.#request({ type: "exhibit-hide", exhibit: exhibit.id })
      if ("permit" in button.dataset) await this.#permit(exhibit)
      if ("withdraw" in button.dataset) await ask(`/api/exhibits/${exhibit.id}`, { method: "DELETE", token: this.#me.token })
      this.#wrong("")
    } catch (error) {
      this.#wrong(error.message)
    }
  }

  async #permit(exhibit) {
    const dialog = this.#root.querySelector("[data-permission]")
    dialog.querySelector("h2").textContent = `Show ${exhibit.title}`
    offer(dialog.querySelector("[data-people]"), this.#people.filter(({ link }) => link !== exhibit.source), exhibit.shown_to)
    const links = await choose(dialog, 1)
    if (links) await this.#request({ type: "exhibit-permit", exhibit: exhibit.id, links })
  }

  /** Shows a picture in the page. A PDF opens in the browser's own reader. */
  async #look({ id, url, title }) {
    const answer = await ask(url, { token: this.#me.token })
    const content = await answer.blob()
    if (content.type === "application/pdf") { openElsewhere(content); return }
    const viewer = this.#root.querySelector("[data-viewer]")
    viewer.querySelector("h2").textContent = title
    viewer.querySelector("[data-sheet]").replaceChildren(await picture(content, title))
    this.#open = id
    viewer.showModal()
  }

  #shut() {
    this.#open = ""
    const viewer = this.#root.querySelector("[data-viewer]")
    viewer.querySelector("[data-sheet]").replaceChildren()
    if (viewer.open) { viewer.close(); announce("The court has hidden the exhibit") }
  }

  async #offer(form) {
    const given = new FormData(form)
    const title = given.get("title").trim()
    const file = given.get("file")
    if (!title || !file?.size) { this.#wrong(title ? "Choose the document" : "Say what the document is"); return }
    const button = form.querySelector("button")
    button.disabled = true
    try {
      const headers = { Slug: encodeURIComponent(title) }
      await ask(`/api/hearings/${this.#hearing}/exhibits`, { method: "POST", token: this.#me.token, type: file.type, headers, body: file })
      form.reset()
      form.closest("details").open = false
      this.#wrong("")
      announce("Offered. The bench decides whether it is shown, and to whom.")
    } catch (error) {
      this.#wrong(error.message)
    } finally {
      button.disabled = false
    }
  }

  #wrong(words) {
    const line = this.#root.querySelector("[data-words]")
    write(line, words)
    line.hidden = !words
  }
}

/** A picture to look at. A page under our policy shows pictures of its own, or made of data. */
async function picture(content, title) {
  const address = await new Promise((answer) => {
    const reader = new FileReader()
    reader.onload = () => answer(reader.result)
    reader.readAsDataURL(content)
  })
  return Object.assign(new Image(), { src: address, alt: title })
}

function openElsewhere(content) {
  const address = URL.createObjectURL(content)
  const link = Object.assign(document.createElement("a"), { href: address, target: "_blank", rel: "noopener" })
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
