// Runs `cdk diff` of the pinned CLI several times in one process: its start takes as long as twenty comparisons.
//
// Arguments: the CLI's package, and a file with [{assembly, template, stack}, ...]. Prints a line that begins with
// "== " and the number of the comparison before what `cdk diff` prints of it.
const [cli, file] = process.argv.slice(2);
const { exec } = require(cli);
const comparisons = JSON.parse(require("fs").readFileSync(file, "utf8"));

(async () => {
  for (const [number, { assembly, template, stack }] of comparisons.entries()) {
    process.stdout.write(`== ${number}\n`);
    const code = await exec(["diff", "--no-color", "--no-notices", "--no-change-set", "--exclusively",
      "--app", assembly, "--template", template, stack]);
    if (code) throw new Error(`cdk diff of ${stack} ended with ${code}`);
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
