// What every page runs: GOV.UK and MoJ behaviour, and our own small modules where the page asks for them.
import { initAll as startGovuk } from "../vendor/govuk-frontend.min.js"
import { initAll as startMoj } from "../vendor/moj-frontend.min.js"
import { startCopying } from "./copy.js"
import { startCountdowns } from "./countdown.js"
import { startLive } from "./live.js"
import { sendOnce } from "./once.js"

// First, while the page is still as the server sent it: live parts are compared with that.
startLive(document)
startGovuk()
startMoj()
sendOnce(document)
startCopying(document)
startCountdowns(document)
document.addEventListener("courtlink:swapped", ({ target }) => {
  startGovuk({ scope: target })
  startMoj({ scope: target })
})
