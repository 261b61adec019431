// Builds web/static/vendor from the two published packages and writes its checksum list.
// For developers who upgrade the look; nobody else needs Node. In a copy of this folder outside the
// checkout (node_modules is never committed): npm ci && node build.mjs <checkout>/web/static/vendor
import { createHash } from "node:crypto"
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { compile } from "sass"

const target = process.argv[2]
if (!target) throw new Error("say where the built files go: node build.mjs <checkout>/web/static/vendor")

const govuk = "node_modules/govuk-frontend/dist/govuk/"
const moj = "node_modules/@ministryofjustice/frontend/moj/"
const withoutMap = (text) => text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n")

const { css } = compile("frontend.scss", { loadPaths: ["."], style: "compressed", quietDeps: true })
const unwanted = css.match(/GDS Transport|@font-face|crown|crest|logotype/i)
if (unwanted) throw new Error(`the style sheet must not mention ${unwanted[0]}`)

mkdirSync(join(target, "images"), { recursive: true })
writeFileSync(join(target, "frontend.css"), css)
writeFileSync(join(target, "govuk-frontend.min.js"), withoutMap(readFileSync(govuk + "govuk-frontend.min.js", "utf8")))
writeFileSync(join(target, "moj-frontend.min.js"), withoutMap(readFileSync(moj + "moj-frontend.min.js", "utf8")))
for (const [, image] of css.matchAll(/url\("?images\/([^)"]+)"?\)/g)) {
  cpSync(join(moj, "assets/images", image), join(target, "images", image))
}

const sums = readdirSync(target, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .sort()
  .filter((path) => !path.endsWith("checksums.sha256"))
  .map((path) => {
    const digest = createHash("sha256").update(readFileSync(path)).digest("hex")
    return `${digest}  ${path.slice(join(target, "/").length)}\n`
  })
writeFileSync(join(target, "checksums.sha256"), sums.join(""))
