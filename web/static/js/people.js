// What the bench and court staff see and do: who waits, who is in, who is in private, what is wrong, and the
// hearing's own controls.
import { announce } from "./announce.js"
import { clock, listed } from "./consulting.js"
import { choose, offer } from "./dialogs.js"

export class People {
  #root; #request; #dialog; #hearing; #mayConsult = []; #made = new WeakMap()

  /** `request(message)` asks the service and throws its refusal in words. */
  constructor(root, request) {
    this.#root = root
    this.#request = request
    this.#dialog = root.querySelector("[data-confirm-removal]")
    root.addEventListener("click", (event) => this.#pressed(event))
    const end = root.querySelector("[data-end-form]")
    end.addEventListener("submit", (event) => { event.preventDefault(); this.#end(end) })
    const asking = root.querySelector("[data-end]")
    root.querySelector("[data-end-open]").addEventListener("click", () => asking.showModal())
    root.querySelector("[data-end-close]").addEventListener("click", () => asking.close())
    root.querySelector("[data-consult-open]").addEventListener("click", ({ target }) => this.#consult(target))
  }

  show({ hearing, people, problems, outcomes, consultations = [] }) {
    this.#hearing = hearing.id
    for (const button of this.#root.querySelectorAll("[data-stages]")) {
      button.hidden = !button.dataset.stages.split(" ").includes(hearing.state)
    }
    for (const choice of this.#root.querySelectorAll("[data-outcome]")) choice.hidden = !outcomes.includes(choice.dataset.outcome)
    const waiting = people.filter((person) => person.admission === "waiting")
    const others = people.filter((person) => person.admission !== "waiting")
    this.#list("waiting", waiting, (person) => this.#person(person))
    this.#list("others", others, (person) => this.#person(person))
    this.#list("problems", problems, (problem) => this.#problem(problem))
    this.#list("consultations", consultations, (each) => this.#consultation(each))
    this.#mayConsult = people.filter((person) => person.acts.includes("consult"))
    this.#root.querySelector("[data-consult-open]").hidden = this.#mayConsult.length < 2
    this.#tell(waiting, problems)
  }

  #told = { waiting: new Set(), problems: new Set() }

  #tell(waiting, problems) {
    const fresh = waiting.filter((person) => person.here && !this.#told.waiting.has(person.link))
    const wrong = problems.filter((problem) => !this.#told.problems.has(problem.id))
    this.#told = { waiting: new Set(waiting.map((each) => each.link)), problems: new Set(problems.map((each) => each.id)) }
    const words = [...fresh.map((person) => `${person.label} is waiting in the lobby`), ...wrong.map((each) => each.words)]
    if (words.length) announce(words.join(". "))
  }

  #list(name, items, make) {
    const list = this.#root.querySelector(`[data-list="${name}"]`)
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : ""
    const made = items.map(make)
    // Only what changed is replaced, so that a button under somebody's finger stays, and what was opened is open.
    const old = new Map([...list.children].map((child) => [child.dataset.key, child]))
    const now = made.map((item) => {
      const same = old.get(item.dataset.key)
      if (same && this.#made.get(same) === item.outerHTML) return same
      this.#made.set(item, item.outerHTML)
      if (same?.querySelector("details[open]")) item.querySelector("details").open = true
      return item
    })
    if (now.length !== old.size || now.some((item, index) => item !== list.children[index])) list.replaceChildren(...now)
    list.parentElement.hidden = items.length === 0 && !this.#root.querySelector(`[data-none="${name}"]`)
    this.#root.querySelector(`[data-none="${name}"]`)?.toggleAttribute("hidden", items.length > 0)
    if (focused && !list.contains(document.activeElement)) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus()
  }

  #person(person) {
    const item = this.#copy("person")
    item.dataset.key = person.link
    item.querySelector("[data-label]").textContent = person.label
    item.querySelector("[data-part]").textContent = person.part_words === person.label ? "" : person.part_words
    const facts = [person.place_words, person.says, person.kit].filter((fact, index, all) => all.indexOf(fact) === index)
    if (person.admission === "waiting") {
      facts.push(person.identified ? "Identity confirmed" : "Identity not confirmed")
      if (!person.directed) facts.push("No live-link direction")
    }
    item.querySelector("[data-facts]").textContent = facts.filter(Boolean).join(". ")
    const direct = item.querySelector("[data-direct]")
    direct.href = `/hearings/${this.#hearing}#directions`
    direct.hidden = person.directed || person.admission !== "waiting"
    for (const button of item.querySelectorAll("[data-act]")) {
      button.hidden = !person.acts.includes(button.dataset.act)
      button.dataset.link = person.link
      button.dataset.label = person.label
      button.dataset.key = `${person.link} ${button.dataset.act}`
    }
    for (const who of item.querySelectorAll("[data-who]")) who.textContent = ` ${person.label}`
    const more = item.querySelector("[data-more]")
    more.hidden = ![...more.querySelectorAll("[data-act]")].some((button) => !button.hidden)
    return item
  }

  #problem(problem) {
    const item = this.#copy("problem")
    item.dataset.key = problem.id
    item.querySelector("[data-facts]").textContent = `${problem.words} (${problem.time})`
    const button = item.querySelector("[data-act]")
    button.dataset.problem = problem.id
    button.dataset.key = `${problem.id} resolve`
    return item
  }

  #consultation({ id, people, since, closes_at: closes }) {
    const item = this.#copy("consultation")
    item.dataset.key = id
    item.querySelector("[data-facts]").textContent = `${listed(people)}, since ${clock(since)}${closes ? `. Recalled: ends at ${clock(closes)}` : ""}`
    const button = item.querySelector("[data-act]")
    button.dataset.consultation = id
    button.dataset.key = `${id} recall`
    button.hidden = Boolean(closes)
    button.querySelector("[data-who]").textContent = ` ${listed(people)}`
    return item
  }

  /** Sends those chosen to a private room. */
  async #consult(button) {
    const dialog = this.#root.querySelector("[data-consult-dialog]")
    offer(dialog.querySelector("[data-people]"), this.#mayConsult)
    const links = await choose(dialog, 2)
    if (links) await this.#do(button, { type: "consult", links })
  }

  #copy(name) {
    return this.#root.querySelector(`[data-item="${name}"]`).content.firstElementChild.cloneNode(true)
  }

  async #pressed(event) {
    const button = event.target.closest("[data-act]")
    if (!button) return
    const { act, link, label, problem, consultation } = button.dataset
    if ((act === "remove" || act === "refuse") && !(await this.#sure(act, label))) return
    await this.#do(button, { type: act, link, problem, consultation })
  }

  async #do(button, message) {
    button.setAttribute("aria-busy", "true")
    const wrong = this.#root.querySelector("[data-wrong]")
    wrong.hidden = true
    try {
      await this.#request(message)
      return true
    } catch (error) {
      wrong.hidden = false
      wrong.querySelector("[data-words]").textContent = error.message
      wrong.focus()
      return false
    } finally {
      button.removeAttribute("aria-busy")
    }
  }

  #sure(act, label) {
    const dialog = this.#dialog
    const turning = act === "refuse"
    dialog.querySelector("h2").textContent = turning ? `Turn ${label} away?` : `Remove ${label} from the hearing?`
    dialog.querySelector("[data-yes]").textContent = turning ? "Turn away" : "Remove"
    dialog.returnValue = ""
    dialog.showModal()
    return new Promise((answer) => {
      dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true })
    })
  }

  async #end(form) {
    const chosen = new FormData(form)
    const outcome = chosen.get("outcome")
    const missing = form.querySelector("[data-missing]")
    missing.hidden = Boolean(outcome)
    if (!outcome) { missing.focus(); return }
    form.closest("dialog").close()
    await this.#do(form, { type: "end", outcome, cause: chosen.get("cause") })
  }
}
