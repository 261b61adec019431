// Private consultations, for those who may be in one: whom to consult, that it is private, and when it closes.
import { announce } from "./announce.js"

const WARN_AGAIN_S = 30

export class Consulting {
  #room; #request; #private; #timer = 0; #closes = null

  /** `request(message)` asks the service and throws its refusal in words. */
  constructor(room, request) {
    this.#room = room
    this.#request = request
    this.#private = room.querySelector('[data-part-of-page="private"]')
    for (const panel of room.querySelectorAll("[data-consult]")) {
      panel.addEventListener("click", ({ target }) => {
        const links = target.closest("button")?.dataset.links
        if (links) this.#ask(panel, target.closest("button"), { type: "consult", links: links.split(" ") })
      })
      panel.addEventListener("change", ({ target }) => {
        this.#ask(panel, target, { type: "agree", client: target.value, agrees: target.checked })
      })
    }
    const leave = this.#private.querySelector("[data-leave-consultation]")
    leave.addEventListener("click", () => this.#ask(this.#private, leave, { type: "leave-consultation" }))
  }

  /** `now()` is court time in milliseconds. */
  show({ you, consultation }, now) {
    this.#offer(you.consult?.may ?? [], you.agreements ?? [])
    this.#private.hidden = !consultation
    if (!consultation) { this.#countDown(null); return }
    const others = consultation.with.map(({ label, part_words: part }) => (part && part !== label ? `${label} (${part.toLowerCase()})` : label))
    write(this.#private.querySelector("[data-with]"), others.length ? listed(others) : "you alone, until somebody joins you")
    this.#private.querySelector("[data-recall]").hidden = !consultation.recalled
    write(this.#private.querySelector("[data-recall-words]"), consultation.closes_words)
    this.#countDown(consultation.recalled ? consultation : null, now)
  }

  end() { this.#countDown(null) }

  #offer(may, agreements) {
    for (const panel of this.#room.querySelectorAll("[data-consult]")) {
      panel.hidden = may.length + agreements.length === 0
      const made = JSON.stringify([may, agreements])
      if (panel.dataset.made === made) continue
      panel.dataset.made = made
      panel.querySelector("[data-choices]").replaceChildren(
        ...may.map(({ link, label }) => button(`Consult ${label} in private`, link)),
        ...agreements.map((each) => agreement(each, panel)),
      )
    }
  }

  /** Says how long is left: in words when it begins and at thirty seconds, in figures all the time. */
  #countDown(consultation, now) {
    const closes = consultation?.closes_at ?? null
    if (closes === this.#closes) return
    this.#closes = closes
    clearInterval(this.#timer)
    if (!closes) return
    announce(consultation.closes_words)
    let said = false
    const tell = () => {
      const left = Math.max(0, Math.round((Date.parse(closes) - now()) / 1000))
      write(this.#private.querySelector("[data-left]"), `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} left`)
      if (left <= WARN_AGAIN_S && !said) { said = true; announce(`The private room closes in ${left} seconds`) }
    }
    tell()
    this.#timer = setInterval(tell, 1000)
  }

  async #ask(panel, pressed, message) {
    const wrong = panel.querySelector("[data-words]")
    wrong.hidden = true
    pressed.setAttribute("aria-busy", "true")
    await this.#request(message).catch((error) => {
      write(wrong, error.message)
      wrong.hidden = false
    })
    pressed.removeAttribute("aria-busy")
  }
}

function button(text, links) {
  const made = document.createElement("button")
  made.type = "button"
  made.className = "govuk-button"
  made.textContent = text
  made.dataset.links = links
  return made
}

/** An advocate's word that a client may be in one room with co-defendants. */
function agreement({ client, label, agrees }, panel) {
  const item = document.createElement("div")
  item.className = "govuk-checkboxes__item"
  const box = Object.assign(document.createElement("input"), {
    type: "checkbox", className: "govuk-checkboxes__input", id: `agree-${panel.dataset.consult}-${client}`, value: client, checked: agrees,
  })
  const words = Object.assign(document.createElement("label"), {
    className: "govuk-label govuk-checkboxes__label", htmlFor: box.id,
    textContent: `${label} may be in one private room with the co-defendants, if their advocates agree too`,
  })
  item.append(box, words)
  const boxes = document.createElement("div")
  boxes.className = "govuk-checkboxes govuk-checkboxes--small"
  boxes.append(item)
  return boxes
}

/** Writes a text unless it stands there already. */
export function write(place, text) {
  if (place.textContent !== text) place.textContent = text
}

/** A moment in court as people say it: "10:04am". */
export function clock(moment) {
  const said = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/London", hour: "numeric", minute: "2-digit", hour12: true })
  return said.format(new Date(moment)).replace(":00", "").replaceAll(/\s/g, "")
}

/** "A, B and C". */
export function listed(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`
}
