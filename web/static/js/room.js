// The page of a hearing, for everybody in it: kit, lobby, hearing, and the end. One stage is shown at a time;
// which one follows from what the service says, never from what was pressed.
import { announce } from "./announce.js"
import { Refused, ask, forget, redeem, resume } from "./joining.js"
import { Kit } from "./kit.js"
import { Peer } from "./peer.js"
import { People } from "./people.js"
import { Seats } from "./seats.js"
import { Signalling } from "./signalling.js"

const room = document.querySelector("[data-room]")
const find = (name) => room.querySelector(`[data-part-of-page="${name}"]`)
const READY = (link) => `court-link-ready:${link}`

const kit = new Kit(room.querySelector("[data-kit-root]"))
const seats = new Seats(find("seats"), find("tile"), () => { find("sound").hidden = false })
let me, signalling, peer, people, epoch = null, stage = "", last = null, joining = false

/** Shows one stage and, when it is another one, moves focus to its heading and says it. */
function show(name) {
  if (name === stage) return
  stage = name
  for (const section of room.querySelectorAll("[data-stage]")) section.hidden = section.dataset.stage !== name
  const heading = room.querySelector(`[data-stage="${name}"] h1`)
  document.title = document.title.replace(/^.* – /, `${heading.textContent} – `)
  heading.tabIndex = -1
  heading.focus()
}

function stop(title, words) {
  leaveMedia()
  signalling?.close()
  kit.stop()
  find("over-title").textContent = title
  find("over-words").textContent = words
  show("over")
}

async function begin() {
  try {
    me = location.hash.length > 1 ? await redeem(location.hash.slice(1)) : await resume(room.dataset.link, room.dataset.csrf)
    // The credential leaves the address: it is not kept in the history or read over a shoulder.
    history.replaceState(null, "", `/room/${me.link}`)
    await introduce()
  } catch (error) {
    // The tab's session was ended meanwhile; a signed-in person has another way in.
    if (error.status === 401 && me) {
      forget(me.link)
      if (room.dataset.csrf) { me = await resume(me.link, room.dataset.csrf).catch(() => null) }
      if (me && (await introduce().then(() => true, () => false))) return
    }
    find("refused-words").textContent = error instanceof Refused ? error.message : "The service cannot be reached. Try again."
    show("refused")
  }
}

async function introduce() {
  const told = await (await ask("/api/join", { token: me.token })).json()
  fill(told)
  if (sessionStorage.getItem(READY(me.link))) { await kit.start(told.you.label); join(); return }
  for (const part of room.querySelectorAll("[data-only-part]")) part.hidden = part.dataset.onlyPart !== told.you.part
  show("kit")
  await kit.start(told.you.label)
}

/** Writes what is known of the hearing and of oneself wherever the page shows it. */
function fill({ hearing, you }) {
  const facts = { ...hearing, label: you.label, part: you.part_words, opens: you.lobby_opens }
  for (const place of room.querySelectorAll("[data-fact]")) {
    const text = facts[place.dataset.fact] ?? ""
    if (place.textContent !== text) place.textContent = text
  }
}

find("kit-form").addEventListener("submit", async (event) => {
  event.preventDefault()
  const said = new FormData(event.target)
  const inVehicle = said.has("from_vehicle")
  const declared = ["stationary", "not_driving", "not_overheard"].every((name) => said.has(name))
  find("declare-wrong").hidden = !inVehicle || declared
  if (inVehicle && !declared) { find("declare-wrong").focus(); return }
  // Join may be pressed, and pressed again, before the devices have opened: the court is told what was found.
  if (joining) return
  joining = true
  announce("Starting your camera and microphone")
  await kit.opened
  await ask("/api/join/kit-check", {
    method: "POST",
    token: me.token,
    json: {
      camera: kit.found.video, microphone: kit.found.audio, from_vehicle: inVehicle,
      stationary: said.has("stationary"), not_driving: said.has("not_driving"), not_overheard: said.has("not_overheard"),
    },
  }).catch(() => {})
  sessionStorage.setItem(READY(me.link), "yes")
  join()
})

find("in-vehicle").addEventListener("change", (event) => { find("declarations").hidden = !event.target.checked })

function join() {
  for (const own of room.querySelectorAll("[data-self]")) kit.showSelf(own)
  signalling = new Signalling(me.link, me.token)
  signalling.addEventListener("state", ({ detail }) => take(detail))
  signalling.addEventListener("link", ({ detail }) => banner("signalling", detail.words))
  signalling.addEventListener("bye", ({ detail }) => gone(detail))
  people = new People(find("moderate"), (message) => signalling.request(message))
  signalling.open()
}

function gone({ code, message }) {
  if (code === 4409) {
    stop("Open in another tab", message)
    find("again").hidden = false
    return
  }
  forget(me.link)
  sessionStorage.removeItem(READY(me.link))
  find("again").hidden = !room.dataset.csrf
  stop("You are no longer in the hearing", message)
}

/** The whole of what the page knows, whenever that changes. */
function take(state) {
  const { hearing, you, media } = state
  fill(state)
  if (last?.hearing.words !== hearing.words) announce(hearing.words)
  last = state
  if (["ended", "vacated"].includes(hearing.state)) { stop(hearing.words, "You can close this page."); return }
  if (you.inside) {
    find("stage-words").textContent = hearing.words
    find("stage-words").dataset.state = hearing.state
    show("hearing")
  } else {
    find("too-early").hidden = you.lobby_open
    find("waiting").hidden = !you.lobby_open
    show("lobby")
  }
  banner("media", media.ready ? "" : "The video service is being replaced. You will be connected again by itself.")
  carry(media)
  seats.show(state.seats, media.receive)
  find("alone").hidden = state.seats.some(Boolean)
  find("moderate").hidden = !you.moderates
  if (you.moderates) people.show(state)
}

/** Opens, keeps or ends sound and picture, as the service allows. */
function carry(media) {
  if (!media.negotiate) { leaveMedia(); return }
  // A media server that started afresh has forgotten every connection.
  if (peer && media.epoch && media.epoch !== epoch && epoch !== null && media.ready) peer.open()
  if (!peer) {
    peer = new Peer(me.link, me.token, kit.tracks, Number(room.dataset.seats))
    peer.addEventListener("connection", ({ detail }) => connection(detail))
    seats.attach(peer.seats)
    peer.open()
  }
  epoch = media.epoch ?? epoch
  for (const kind of ["audio", "video"]) {
    const track = kit.tracks[kind]
    if (track) track.enabled = media.send.includes(kind) && !muted.has(kind)
  }
}

function leaveMedia() {
  peer?.end({ told: true })
  peer = null
  epoch = null
}

const CONNECTIONS = {
  connecting: "Connecting your sound and picture",
  disconnected: "Your connection is weak. Trying another way",
  failed: "Your sound and picture are not connected. Trying again",
}

function connection(state) {
  banner("peer", CONNECTIONS[state] ?? "")
  find("connection").textContent = state === "connected" ? "Your sound and picture are connected" : CONNECTIONS[state] ?? ""
}

/** Shows or takes away one of the page's standing messages. */
function banner(name, words) {
  const line = room.querySelector(`[data-banner="${name}"]`)
  if (line.textContent === words) return
  line.textContent = words
  line.hidden = !words
  if (words) announce(words)
}

const muted = new Set()
for (const button of room.querySelectorAll("[data-mute]")) {
  button.addEventListener("click", () => {
    const kind = button.dataset.mute
    muted.has(kind) ? muted.delete(kind) : muted.add(kind)
    button.textContent = muted.has(kind) ? button.dataset.off : button.dataset.on
    if (last) carry(last.media)
  })
}

find("sound").addEventListener("click", () => { seats.playAll(); find("sound").hidden = true })
find("again").addEventListener("click", () => location.reload())
for (const button of room.querySelectorAll("[data-leave]")) {
  button.addEventListener("click", async () => {
    await signalling.request({ type: "leave" }).catch(() => {})
    sessionStorage.removeItem(READY(me.link))
    find("again").hidden = false
    stop("You have left the hearing", "You can come back to the same place until the hearing is over.")
  })
}

find("report-form").addEventListener("submit", async (event) => {
  event.preventDefault()
  const kind = new FormData(event.target).get("kind")
  find("reported").textContent = await signalling.request({ type: "problem", kind })
    .then(() => "The court has been told.", (error) => error.message)
  announce(find("reported").textContent)
})

addEventListener("pagehide", () => { signalling?.close(); peer?.end() })
begin()

/** For figures of the connection, and for tests of it. */
export const figures = () => peer?.connection?.getStats()
