// Camera and microphone: asking for them, choosing between them, and saying what is wrong in words.

const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } }
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }

const NAMES = { video: "camera", audio: "microphone" }

/** What a browser's refusal means, and what the person can do about it. */
const WRONG = {
  NotAllowedError: (name) => ["blocked", `Your browser has blocked the ${name}. Choose the ${name} sign beside ` +
    "the web address, allow it, then try again."],
  NotFoundError: (name) => ["missing", `No ${name} was found. Plug one in or switch it on, then try again.`],
  NotReadableError: (name) => ["busy", `Another program is using the ${name}. Close it, then try again.`],
  OverconstrainedError: (name) => ["missing", `The ${name} you chose is no longer there. Choose another.`],
  SecurityError: (name) => ["blocked", `Your browser does not allow the ${name} here. Ask whoever looks after this device.`],
}

/**
 * Opens one device of a kind ("video" or "audio"); answers {track, found, words}. `found` is the code that the
 * court's staff see; `words` is empty when it works.
 */
export async function open(kind, deviceId = "") {
  if (!navigator.mediaDevices?.getUserMedia) {
    return { track: null, found: "blocked", words: "This browser cannot use a camera on this page. Open the link in a current " +
      "browser, at an address that begins with https." }
  }
  const wanted = kind === "video" ? PICTURE : SOUND
  const constraints = { [kind]: deviceId ? { ...wanted, deviceId: { exact: deviceId } } : wanted }
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints)
    return { track: stream.getTracks()[0], found: "working", words: "" }
  } catch (error) {
    const say = WRONG[error.name] ?? ((name) => ["busy", `The ${name} could not be started. Try again.`])
    const [found, words] = say(NAMES[kind])
    return { track: null, found, words }
  }
}

/** The devices of a kind, as {id, label}; labels are empty until one has been allowed. */
export async function list(kind) {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? []
  return devices
    .filter((device) => device.kind === `${kind}input` && device.deviceId)
    .map((device, index) => ({ id: device.deviceId, label: device.label || `${NAMES[kind]} ${index + 1}` }))
}

/**
 * Shows how loud a track is on a <meter>, until the function that it answers is called. `onLevel`, when there is
 * one, hears each level: the power of the samples, from 0 to 1.
 */
export function showLevel(track, meter, onLevel = () => {}) {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
    meter.value = Math.min(1, Math.sqrt(power) * 4)
    onLevel(Math.sqrt(power))
  }, 100)
  return () => {
    clearInterval(timer)
    meter.value = 0
    if (context.state !== "closed") context.close()
  }
}
