import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';
import { preview } from 'vite';

const usual = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:/Program Files/Google/Chrome/Application/chrome.exe',
];

/** A Chromium of this machine, or undefined: the one that `LAB_CHROMIUM` names, or one in a usual place. */
export const chromiumPath = (process.env.LAB_CHROMIUM ? [process.env.LAB_CHROMIUM] : usual).find((path) =>
  existsSync(path),
);

export const viewports = {
  desktop: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
} as const;
export type ViewportName = keyof typeof viewports;

const flags = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
];

export interface Browsing {
  readonly context: BrowserContext;
  readonly address: string;
  close(): Promise<void>;
}

/** The built site, served, and a browser with a profile of its own. */
export async function browse(name: ViewportName): Promise<Browsing> {
  const root = join(import.meta.dirname, '..');
  const server = await preview({
    root,
    configFile: false,
    preview: { port: 0, host: '127.0.0.1' },
    logLevel: 'silent',
  });
  const profile = mkdtempSync(join(tmpdir(), 'gallery-'));
  const context = await chromium.launchPersistentContext(profile, {
    ...viewports[name],
    executablePath: chromiumPath!,
    args: flags,
    headless: true,
  });
  const served = server.httpServer.address();
  const port = typeof served === 'object' && served !== null ? served.port : 0;
  return {
    context,
    address: `http://127.0.0.1:${port}/`,
    async close() {
      await context.close();
      await server.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
