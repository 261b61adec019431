// Testing the connection: one's own sound and picture go to the media server and come back, for some seconds.
// What is measured goes to the court; whether it is good enough, the service says.
import { ask } from "./joining.js"
import { withoutHidden } from "./transport.js"

const SESSION = "/api/join/kit-check/session"
const CONNECTS_WITHIN_MS = 12000
const RELAY_WITHIN_MS = 8000
const SETTLE_S = 3 // until the browser has found out what it can send
const MEASURE_S = 6
const LOOK_MS = 250

/** Waits for what `look` finds, and answers it; after so long, answers null. */
async function found(look, within) {
  const end = performance.now() + within
  while (performance.now() < end) {
    const seen = await look()
    if (seen) return seen
    await new Promise((go) => setTimeout(go, LOOK_MS))
  }
  return null
}

export class KitTest {
  #token; #tracks; #onStep; #pc; #stopped = false

  /** `tracks` is {audio, video}; `onStep(share, words)` hears how far it has come, from 0 to 1. */
  constructor(token, tracks, onStep) {
    this.#token = token
    this.#tracks = tracks
    this.#onStep = onStep
    /** One's own sound and picture as they come back. */
    this.returned = new MediaStream()
  }

  /** Runs to its end, or until `stop`; answers the figures, or null when it was stopped. Throws a refusal. */
  async run() {
    try {
      this.#onStep(0, "Connecting to the video service")
      const servers = (await (await this.#ask("/api/join/kit-check/servers")).json()).ice_servers
      const relay = reachesRelay(servers)
      await this.#connect(servers)
      const connected = await found(() => this.#stopped || this.#pc.connectionState === "connected", CONNECTS_WITHIN_MS)
      if (this.#stopped) return null
      if (!connected) return { connected: false, relay: await relay }
      const first = await this.#after(SETTLE_S, 0)
      const last = await this.#after(MEASURE_S, SETTLE_S)
      return first && last && { ...compare(first, last), relay: await relay }
    } finally {
      await this.#end()
    }
  }

  stop() {
    this.#stopped = true
  }

  async #connect(servers) {
    const pc = this.#pc = new RTCPeerConnection({ iceServers: plain(servers), bundlePolicy: "max-bundle" })
    for (const kind of ["audio", "video"]) {
      pc.addTransceiver(this.#tracks[kind] ?? kind, { direction: "sendonly" })
    }
    for (const kind of ["audio", "video"]) {
      this.returned.addTrack(pc.addTransceiver(kind, { direction: "recvonly" }).receiver.track)
    }
    await pc.setLocalDescription()
    if (servers.length) await found(() => pc.iceGatheringState === "complete", RELAY_WITHIN_MS)
    const answer = await this.#ask(SESSION, {
      method: "POST", type: "application/sdp", body: withoutHidden(pc.localDescription.sdp),
    })
    await pc.setRemoteDescription({ type: "answer", sdp: await answer.text() })
  }

  /** The figures as they stand after so many seconds more; null when it was stopped meanwhile. */
  async #after(seconds, before) {
    const began = performance.now()
    await found(() => {
      const past = (performance.now() - began) / 1000
      this.#onStep((before + Math.min(past, seconds)) / (SETTLE_S + MEASURE_S), "Sending your sound and picture, and receiving them")
      return this.#stopped || past >= seconds
    }, (seconds + 1) * 1000)
    return this.#stopped ? null : read(await this.#pc.getStats())
  }

  async #end() {
    this.#pc?.close()
    await this.#ask(SESSION, { method: "DELETE" }).catch(() => {})
  }

  #ask(path, options = {}) { return ask(path, { token: this.#token, ...options }) }
}

/** What of a report is used, added up over sound and picture. */
function read(report) {
  const all = [...report.values()]
  const of = (type, kind) => all.filter((one) => one.type === type && (!kind || one.kind === kind))
  const sum = (ones, name) => ones.reduce((total, one) => total + (one[name] ?? 0), 0)
  const most = (ones, name) => Math.max(0, ...ones.map((one) => one[name] ?? 0))
  const pair = of("candidate-pair").find((one) => one.nominated && one.state === "succeeded")
  const out = of("outbound-rtp"), back = of("inbound-rtp"), told = of("remote-inbound-rtp")
  return {
    at: performance.now() / 1000,
    sent: sum(out, "bytesSent"), packetsSent: sum(out, "packetsSent"), lostUp: sum(told, "packetsLost"),
    received: sum(back, "bytesReceived"), packetsReceived: sum(back, "packetsReceived"), lostDown: sum(back, "packetsLost"),
    frames: sum(of("inbound-rtp", "video"), "framesDecoded"),
    sound: sum(of("inbound-rtp", "audio"), "packetsReceived"),
    jitter: most([...back, ...told], "jitter"),
    roundTrip: pair?.currentRoundTripTime ?? most(told, "roundTripTime"),
    canUp: pair?.availableOutgoingBitrate ?? null,
  }
}

/** The figures of the time between two reports, as the service takes them. */
function compare(first, last) {
  const seconds = last.at - first.at
  const grown = (name) => Math.max(0, last[name] - first[name])
  const share = (lost, all) => (all ? Math.min(1, lost / all) : 0)
  return {
    connected: true,
    sound: grown("sound") > 0,
    up: (grown("sent") * 8) / seconds,
    can_up: last.canUp,
    down: (grown("received") * 8) / seconds,
    loss_up: share(grown("lostUp"), grown("packetsSent")),
    loss_down: share(grown("lostDown"), grown("packetsReceived") + grown("lostDown")),
    jitter: last.jitter,
    round_trip: last.roundTrip,
    frames: grown("frames") / seconds,
  }
}

/** Whether one of these TURN servers lends an address; null when there is none to ask. */
async function reachesRelay(servers) {
  if (!servers.length) return null
  const pc = new RTCPeerConnection({ iceServers: plain(servers), iceTransportPolicy: "relay" })
  try {
    let lent = false
    pc.onicecandidate = ({ candidate }) => { lent ||= candidate?.type === "relay" }
    pc.createDataChannel("relay")
    await pc.setLocalDescription()
    return Boolean(await found(() => lent, RELAY_WITHIN_MS))
  } finally {
    pc.close()
  }
}

function plain(servers) {
  return servers.map(({ urls, username, credential }) => ({ urls, username, credential }))
}
