// The Chromium of this machine, as every check starts it.

import fs from "node:fs";
import { chromium } from "playwright-core";

function findBrowser() {
  const candidates = [
    process.env.CHROMIUM,
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ];
  const found = candidates.find((file) => file && fs.existsSync(file));
  if (!found) {
    console.error("site check: no Chromium found; install it or set CHROMIUM to its path");
    process.exit(2);
  }
  return found;
}

/** Start it. */
export function launch() {
  return chromium.launch({
    executablePath: findBrowser(),
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
