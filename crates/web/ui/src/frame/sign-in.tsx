// Owns the sign-in form. Password managers and pasting work; the error is said and keeps the name.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { signIn } from "../jmap/http";
import { NotSignedIn, words } from "../jmap/error";
import { t } from "../text";
import { Brand, Icon } from "./icons";

interface SignInProps {
  /** The session ended while the page was open. */
  hasEnded: boolean;
  done: () => void;
}

export function SignIn({ hasEnded, done }: SignInProps) {
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <Brand />
        <h1>{t.signIn.title}</h1>
        <p class="quiet">{hasEnded ? t.signIn.ended : t.signIn.lead}</p>
        <Form done={done} />
      </div>
    </main>
  );
}

function Form({ done }: { done: () => void }) {
  const id = useId();
  const user = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [isShown, setShown] = useState(false);
  useEffect(() => user.current?.focus(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await signIn(user.current?.value.trim() ?? "", password.current?.value ?? "");
      done();
    } catch (failure) {
      setError(failure instanceof NotSignedIn ? t.signIn.wrong : t.signIn.failed(why(failure)));
      password.current?.select();
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="form" onSubmit={(event) => void submit(event)}>
      {error && (
        <p class="form-error" role="alert" id={`${id}-error`}>
          <Icon name="warn" />
          {error}
        </p>
      )}
      <label for={`${id}-user`}>{t.signIn.user}</label>
      <input
        id={`${id}-user`}
        ref={user}
        name="username"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        required
        dir="auto"
      />
      <label for={`${id}-password`}>{t.signIn.password}</label>
      <div class="password">
        <input
          id={`${id}-password`}
          ref={password}
          name="password"
          {...({ type: isShown ? "text" : "password" } as { type: "password" })}
          autocomplete="current-password"
          required
          aria-describedby={error ? `${id}-error` : undefined}
        />
        <button
          type="button"
          class="icon-button"
          aria-label={isShown ? t.signIn.hide : t.signIn.show}
          aria-pressed={isShown}
          onClick={() => setShown(!isShown)}
        >
          <Icon name="eye" />
        </button>
      </div>
      <button type="submit" class="primary large" disabled={isBusy}>
        {isBusy ? t.signIn.busy : t.signIn.submit}
      </button>
    </form>
  );
}

function why(error: unknown): string {
  return words(error) || t.general.noConnection;
}
