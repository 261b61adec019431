// Trying camera and microphone before joining: a preview, a level, a choice, and words for what is wrong.
import { announce } from "./announce.js"
import { list, open, showLevel } from "./devices.js"
import { testTracks } from "./testpicture.js"

const CHOSEN = "court-link-devices"

export class Kit {
  #root; #endLevel = () => {}; #test = null; #self = null
  tracks = { audio: null, video: null }
  found = { audio: "missing", video: "missing" }
  opened = Promise.resolve()

  constructor(root) {
    this.#root = root
    for (const kind of ["video", "audio"]) {
      this.#part(`choose-${kind}`).addEventListener("change", (event) => this.#choose(kind, event.target.value))
      this.#part(`again-${kind}`).addEventListener("click", () => this.#choose(kind, this.#part(`choose-${kind}`).value))
    }
    this.#part("test")?.addEventListener("click", () => this.useTest(this.#root.dataset.name || "Participant"))
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
      this.#endLevel = track ? showLevel(track, this.#part("level")) : () => {}
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
