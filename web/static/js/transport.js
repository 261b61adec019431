// One transport of this link: one offer, one answer, and new paths for the same session (docs/protocol.md).
import { ask } from "./joining.js"

const ANSWERS_WITHIN_MS = 6000 // in a dead spot a request would wait for minutes

/** The lines on which a page sends, in the order of its offer. */
const UPLINKS = { audio: "audio", video: "video", screen: "video" }

export class Transport extends EventTarget {
  #link; #token; #pc; #resource = null; #senders = {}

  /** `servers` are ICE servers; `tracks` what is sent from the start, by kind; `seats` how many others may be seen. */
  constructor(link, token, { servers, tracks, seats }) {
    super()
    this.#link = link
    this.#token = token
    const pc = this.#pc = new RTCPeerConnection(configuration(servers))
    pc.onconnectionstatechange = () => this.dispatchEvent(new Event("state"))
    for (const [kind, line] of Object.entries(UPLINKS)) {
      this.#senders[kind] = pc.addTransceiver(tracks[kind] ?? line, { direction: "sendonly" }).sender
    }
    const receive = (kind) => pc.addTransceiver(kind, { direction: "recvonly" }).receiver.track
    /** The tracks of each seat, and of the screen that is shown beside them: received for as long as this lasts. */
    this.seats = Array.from({ length: seats }, () => [receive("audio"), receive("video")])
    this.screen = [receive("video")]
  }

  get connection() { return this.#pc }

  /** "new", "connecting", "connected", "disconnected", "failed" or "closed". */
  get state() { return this.#pc.connectionState }

  /** Whether the service knows of it, so that a new path may be sought. */
  get stands() { return this.#resource !== null && this.#pc.signalingState === "stable" }

  async open() {
    await this.#pc.setLocalDescription()
    const offer = withoutHidden(this.#pc.localDescription.sdp)
    const answer = await this.#ask(`/api/media/${this.#link}`, "POST", "application/sdp", offer)
    const sdp = await answer.text()
    this.#resource = answer.headers.get("Location")
    if (this.state === "closed") { this.end(); return }
    await this.#pc.setRemoteDescription({ type: "answer", sdp })
  }

  /** Seeks a new path: ICE restarts; encryption, sound, picture and seats stay as they are. */
  async restart() {
    const pc = this.#pc
    pc.restartIce()
    await pc.setLocalDescription()
    try {
      const wanted = pc.localDescription.sdp.match(/^a=ice-(ufrag|pwd):.*$/gm).slice(0, 2).join("\r\n") + "\r\n"
      const answer = await this.#ask(this.#resource, "PATCH", "application/trickle-ice-sdpfrag", wanted, { "If-Match": "*" })
      const fragment = await answer.text()
      const fresh = (name) => fragment.match(new RegExp(`^a=${name}:.*$`, "m"))[0].trim()
      const sdp = pc.remoteDescription.sdp
        .replace(/^a=ice-ufrag:.*$/gm, fresh("ice-ufrag"))
        .replace(/^a=ice-pwd:.*$/gm, fresh("ice-pwd"))
      await pc.setRemoteDescription({ type: "answer", sdp })
    } catch (error) {
      // What was offered stands no more, or nothing could be offered again.
      if (pc.signalingState === "have-local-offer") await pc.setLocalDescription({ type: "rollback" })
      throw error
    }
  }

  /** Whether it is connected, or becomes so in this many milliseconds. */
  connected(within) {
    return new Promise((answer) => {
      const settle = (connected) => {
        clearTimeout(timer)
        this.removeEventListener("state", look)
        answer(connected)
      }
      const look = () => {
        if (this.state === "connected") settle(true)
        if (this.state === "closed") settle(false)
      }
      const timer = setTimeout(() => settle(false), within)
      this.addEventListener("state", look)
      look()
    })
  }

  /** Sends another track on a line, or with null not one packet more; what is closed sends nothing anyhow. */
  async replace(kind, track) {
    await this.#senders[kind].replaceTrack(track).catch((error) => { if (this.state !== "closed") throw error })
  }

  /** Other ICE servers, or the same with fresh credentials: for the next path. */
  serve(servers) {
    if (this.state !== "closed") this.#pc.setConfiguration(configuration(servers))
  }

  /** How many bytes have come. */
  async heard() {
    let bytes = 0
    for (const report of (await this.#senders.audio.getStats()).values()) {
      if (report.type === "candidate-pair") bytes += report.bytesReceived ?? 0
    }
    return bytes
  }

  /** Ends it here, and at the service unless that has ended it, or has a newer one in its place. */
  end({ told = false } = {}) {
    if (this.#resource && !told) ask(this.#resource, { method: "DELETE", token: this.#token }).catch(() => {})
    this.#resource = null
    this.#pc.onconnectionstatechange = null
    this.#pc.close()
    this.dispatchEvent(new Event("state"))
  }

  #ask(path, method, type, body, headers) {
    return ask(path, { method, token: this.#token, type, body, headers, within: ANSWERS_WITHIN_MS })
  }
}

const configuration = (iceServers) => ({ iceServers, bundlePolicy: "max-bundle" })

/** An offer without `.local` candidates: nobody outside can resolve them, and looking costs a second. */
export function withoutHidden(sdp) {
  return sdp.split("\r\n").filter((line) => !/^a=candidate:.*\.local /.test(line)).join("\r\n")
}
