// The join session of this tab. The device's secret stays with the browser (localStorage); the session's
// token stays with the tab (sessionStorage), so that tabs of one browser may hold different parts.

const TOKEN = (link) => `court-link-join:${link}`

/** A refusal by the service, with the sentence that it gave. */
export class Refused extends Error {
  constructor(message, status) {
    super(message)
    this.status = status
  }
}

/**
 * Asks the API. `token` is the tab's bearer; `csrf` goes with the cookie of a signed-in person; `within` is how
 * many milliseconds the answer may take.
 */
export async function ask(path, { method = "GET", token, csrf, json, body, type, headers = {}, within } = {}) {
  const sent = { ...headers }
  if (token) sent.Authorization = `Bearer ${token}`
  if (csrf) sent["X-CSRF-Token"] = csrf
  if (json !== undefined) sent["Content-Type"] = "application/json"
  if (type) sent["Content-Type"] = type
  const answer = await fetch(path, {
    method,
    headers: sent,
    body: json === undefined ? body : JSON.stringify(json),
    credentials: token ? "omit" : "same-origin",
    cache: "no-store",
    signal: within ? AbortSignal.timeout(within) : undefined,
  })
  if (answer.ok) return answer
  const problem = await answer.json().catch(() => ({}))
  throw new Refused(problem.detail || "The service did not answer as expected. Try again.", answer.status)
}

/** The secret of this device, made on its first join. */
function device() {
  let secret = localStorage.getItem("court-link-device")
  if (!secret) {
    const bytes = crypto.getRandomValues(new Uint8Array(24))
    secret = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_")
    localStorage.setItem("court-link-device", secret)
  }
  return secret
}

/** Exchanges a credential for this device's join session; answers {link, token}. */
export async function redeem(credential) {
  const answer = await ask("/api/join", { method: "POST", json: { credential, device: device() } })
  return keep(await answer.json())
}

/** The join session of a link: this tab's own, or by being signed in; answers {link, token}. */
export async function resume(link, csrf) {
  const token = sessionStorage.getItem(TOKEN(link))
  if (token) return { link, token }
  if (!csrf) throw new Refused("Open the link that the court sent you, or sign in.", 401)
  const answer = await ask(`/api/links/${link}/join`, { method: "POST", csrf, json: { device: device() } })
  return keep(await answer.json())
}

/** Forgets a session that no longer lets anybody in. */
export function forget(link) {
  sessionStorage.removeItem(TOKEN(link))
}

function keep({ link, token }) {
  sessionStorage.setItem(TOKEN(link), token)
  return { link, token }
}
