// When to try again what failed: one schedule for everything that must survive. Soon at first, then every seven
// seconds or so for as long as the page is open; at once when the network or the person comes back.

const WAITS_MS = [0, 300, 1200, 2700, 4800]
const EVERY_MS = 7000

/** What tells that a try may now succeed: the network is back, is another one, or the tab is looked at. */
const heardFrom = (page) => [[page, "online"], [page.navigator.connection, "change"], [page.document, "visibilitychange"]]

export class Again {
  #attempt; #tried = 0; #timer = 0; #page; #woken = (event) => this.#wake(event)

  /**
   * `attempt` is called when it is time, and whenever the network is another one, though nothing is known to be
   * wrong; it tells by `failed()` or `done()` how it went. `page` gives time, chance and events: the window, but
   * in tests.
   */
  constructor(attempt, page = window) {
    this.#attempt = attempt
    this.#page = page
    for (const [source, name] of heardFrom(page)) source?.addEventListener(name, this.#woken)
  }

  /** It failed: tries again when it is time; answers in how many milliseconds. */
  failed() {
    const wait = WAITS_MS[this.#tried] ?? EVERY_MS * (0.75 + this.#page.Math.random() / 2)
    this.#tried++
    this.#clear()
    this.#timer = this.#page.setTimeout(() => this.now(), wait)
    return wait
  }

  /** It succeeded: the next failure is tried again soon. */
  done() {
    this.#clear()
    this.#tried = 0
  }

  /** Tries at once. */
  now() {
    this.#clear()
    this.#attempt()
  }

  /** Never tries again. */
  end() {
    this.#clear()
    for (const [source, name] of heardFrom(this.#page)) source?.removeEventListener(name, this.#woken)
  }

  #wake({ type }) {
    // To be looked at mends nothing that is whole.
    if (type === "visibilitychange" && (this.#page.document.hidden || !this.#timer)) return
    this.#tried = 0
    this.now()
  }

  #clear() {
    this.#page.clearTimeout(this.#timer)
    this.#timer = 0
  }
}
