// Owns the start of the page. Read next: frame/app.tsx.
import "@fontsource-variable/inter/wght.css";
import "./frame/tokens.css";
import "./frame/frame.css";
import "./frame/controls.css";
import "./frame/sign-in.css";
import "./mail/mail.css";
import "./compose/compose.css";
import "./people/people.css";
import "./presence/presence.css";
import "./chat/chat.css";
import "./settings/settings.css";
import { render } from "preact";
import { App } from "./frame/app";

const page = document.getElementById("page");
if (page) render(<App />, page);
