// Builds the page on every change and serves it with the fake server.
import { build } from "vite";
import { serve } from "./fake/server.mjs";

await build({ build: { watch: {} } });
const { url } = await serve({ port: 8099, extra: 3000 });
console.log(`${url} — sign in as ken or denise, password "secret"`);
