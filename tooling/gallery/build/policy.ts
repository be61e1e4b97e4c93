import type { Plugin } from 'vite';

/** What the built pages may do: load from their own server, compile WebAssembly, and nothing else. */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  // Drawings set colours and sizes by style attributes.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The content policy of the built site; served for development it has none, since Vite injects scripts. */
export function galleryPolicy(): Plugin {
  return {
    name: 'gallery-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: policy },
        injectTo: 'head-prepend',
      },
    ],
  };
}
