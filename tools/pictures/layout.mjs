// Reads a graph in DOT on standard input and writes it as SVG: Graphviz, in this process.
import { readFileSync } from "node:fs";
import { instance } from "@viz-js/viz";

const viz = await instance();
process.stdout.write(viz.renderString(readFileSync(0, "utf8"), { format: "svg", engine: "dot" }));
