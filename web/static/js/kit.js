// Trying camera, microphone and connection before joining: a preview, a level, a choice, one's own sound and picture
// back through the video service, and words for what is wrong.
import { announce } from "./announce.js"
import { list, open, showLevel } from "./devices.js"
import { KitTest } from "./kittest.js"
import { testTracks } from "./testpicture.js"

const CHOSEN = "court-link-devices"
const SILENT_MS = 6000 // without a sound, after which we say so
const HEARD = 0.002 // a quiet room is below, a quiet voice above

export class Kit {
  #root; #endLevel = () => {}; #test = null; #self = null; #token = ""; #said = () => {}; #trying = null; #ended = () => {}
  tracks = { audio: null, video: null }
  found = { audio: "missing", video: "missing" }
  opened = Promise.resolve()
  /** What the test of the connection measured; null until there was one. */
  figures = null

  constructor(root) {
    this.#root = root
    for (const kind of ["video", "audio"]) {
      this.#part(`choose-${kind}`).addEventListener("change", (event) => this.#choose(kind, event.target.value))
      this.#part(`again-${kind}`).addEventListener("click", () => this.#choose(kind, this.#part(`choose-${kind}`).value))
    }
    this.#part("test")?.addEventListener("click", () => this.useTest(this.#root.dataset.name || "Participant"))
    this.#part("begin").addEventListener("click", () => this.#try())
    this.#part("hear").addEventListener("change", ({ target }) => { this.#part("returned").muted = !target.checked })
  }

  /** From now on the connection can be tested, as the holder of this token. `said` keeps what was found. */
  testable(token, said) {
    this.#token = token
    this.#said = said
  }

  /** Gives up a test that runs; resolves once it has let go of the video service. */
  async giveUp() {
    this.#trying?.stop()
    await this.#ended
  }

  async #try() {
    const begin = this.#part("begin"), bar = this.#part("progress"), step = this.#part("step")
    begin.disabled = true
    await this.opened
    const test = this.#trying = new KitTest(this.#token, this.tracks, (share, words) => {
      bar.value = share
      if (step.textContent !== words) { step.textContent = words; announce(words) }
    })
    this.#part("returned").srcObject = test.returned
    this.#only("trying")
    const run = test.run()
    this.#ended = run.then(() => {}, () => {})
    try {
      const figures = await run
      if (!figures) return
      this.figures = figures
      this.#tell(await this.#said(), figures)
    } catch (error) {
      this.#tell({ title: "The connection could not be tested", advice: error.message, passed: false }, null)
    } finally {
      this.#trying = null
      begin.disabled = false
      begin.textContent = "Test again"
      this.#part("returned").srcObject = null
      this.#part("trying").hidden = true
    }
  }

  #only(name) {
    for (const each of ["trying", "result"]) this.#part(each).hidden = each !== name
  }

  #tell({ title, advice, passed }, figures) {
    this.#only("result")
    const shown = this.#part("result")
    shown.dataset.passed = passed
    this.#part("verdict").textContent = title
    this.#part("advice").textContent = advice
    const list = this.#part("figures")
    list.hidden = !figures?.connected
    for (const [name, words] of Object.entries(figures ? inWords(figures) : {})) {
      const place = list.querySelector(`[data-figure="${name}"]`)
      place.textContent = words
      place.parentElement.hidden = !words
    }
    shown.focus()
    announce(`${title}. ${advice}`)
  }

  /** Opens the devices chosen last time, or the browser's own choice; the test picture if that was chosen. */
  async start(name) {
    this.#root.dataset.name = name
    const chosen = JSON.parse(sessionStorage.getItem(CHOSEN) || "{}")
    if (chosen.test && this.#part("test")) return this.useTest(name)
    this.opened = this.#openBoth(chosen)
    await this.opened
  }

  async #openBoth(chosen) {
    for (const kind of ["video", "audio"]) await this.#choose(kind, chosen[kind] ?? "")
  }

  /** The moving picture and quiet tone of the demonstration. */
  useTest(name) {
    this.stop()
    this.opened = Promise.resolve()
    this.#test = testTracks(name)
    this.#remember({ test: true })
    for (const kind of ["video", "audio"]) {
      this.#part(`choose-${kind}`).disabled = true
      this.#set(kind, { track: this.#test[kind], found: "test", words: "" })
    }
    announce("Using a test picture and a quiet tone")
  }

  /** Shows one's own picture in a video, where it goes on when what is sent is muted. */
  showSelf(video) {
    this.#self ??= this.tracks.video?.clone()
    this.#show(video, this.#self)
  }

  /** Lets go of the devices. */
  stop() {
    this.#trying?.stop()
    this.#endLevel()
    this.#self?.stop()
    this.#self = null
    for (const track of Object.values(this.tracks)) track?.stop()
    this.#test?.end()
    this.#test = null
  }

  async #choose(kind, id) {
    if (this.#test) return
    this.tracks[kind]?.stop()
    let opened = await open(kind, id)
    if (!opened.track && id) opened = await open(kind)
    // The test picture was chosen while the browser was still asking.
    if (this.#test) { opened.track?.stop(); return }
    this.#set(kind, opened)
    await this.#offerChoices(kind)
    this.#remember({ [kind]: opened.track?.getSettings().deviceId ?? "" })
  }

  #set(kind, { track, found, words }) {
    this.tracks[kind] = track
    this.found[kind] = found
    const wrong = this.#part(`wrong-${kind}`)
    wrong.hidden = !words
    wrong.querySelector("[data-words]").textContent = words
    if (words) announce(words)
    if (kind === "video") {
      this.#show(this.#part("preview"), track)
      this.#part("no-preview").hidden = Boolean(track)
    } else {
      this.#endLevel()
      this.#endLevel = track ? showLevel(track, this.#part("level"), this.#listener(found)) : () => {}
    }
  }

  /** Says that nothing is heard, when that has been so for some seconds; takes it back with the first sound. */
  #listener(found) {
    const line = this.#part("silent")
    line.hidden = true
    if (found === "test") return () => {}
    let since = performance.now()
    return (level) => {
      if (level > HEARD) since = performance.now()
      const silent = performance.now() - since > SILENT_MS
      if (line.hidden !== silent) return
      line.hidden = !silent
      if (silent) announce(line.textContent)
    }
  }

  /** A camera that faces its person is shown as a mirror would; a test picture and a rear camera are not. */
  #show(video, track) {
    video.srcObject = track ? new MediaStream([track]) : null
    const facing = this.found.video === "working" && track.getSettings().facingMode !== "environment"
    video.classList.toggle("cl-mirrored", facing)
  }

  async #offerChoices(kind) {
    const select = this.#part(`choose-${kind}`)
    const current = this.tracks[kind]?.getSettings().deviceId
    const devices = await list(kind)
    select.replaceChildren(...devices.map(({ id, label }) => new Option(label, id, false, id === current)))
    select.disabled = devices.length < 2
    this.#part(`choice-${kind}`).hidden = devices.length === 0
  }

  #remember(choice) {
    const chosen = JSON.parse(sessionStorage.getItem(CHOSEN) || "{}")
    sessionStorage.setItem(CHOSEN, JSON.stringify({ ...chosen, test: false, ...choice }))
  }

  #part(name) { return this.#root.querySelector(`[data-kit="${name}"]`) }
}

/** The figures as people read them; an empty text for what was not measured. */
function inWords(figures) {
  const megabits = (bits) => `${(bits / 1e6).toFixed(1)} Mbit/s`
  const percent = (share) => `${Math.round(share * 100)}%`
  const milliseconds = (seconds) => `${Math.round(seconds * 1000)} ms`
  if (!figures.connected) return {}
  return {
    up: megabits(Math.max(figures.up, figures.can_up ?? 0)),
    down: megabits(figures.down),
    loss: `${percent(figures.loss_up)} out, ${percent(figures.loss_down)} back`,
    jitter: milliseconds(figures.jitter),
    round_trip: milliseconds(figures.round_trip),
    frames: `${Math.round(figures.frames)} a second`,
    relay: figures.relay === null ? "" : figures.relay ? "Can be reached" : "Cannot be reached",
  }
}
