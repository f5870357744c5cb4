// Owns how notices are drawn. They stay while the pointer or the focus is on them.
import { useEffect, useRef } from "preact/hooks";
import { t } from "../text";
import { Icon } from "./icons";
import { NOTICE_MS, dismiss, notices, type Notice } from "./notices";

export function Notices() {
  return (
    <div class="notices" role="status" aria-label={t.general.notifications}>
      {notices.value.map((notice) => (
        <One key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function One({ notice }: { notice: Notice }) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const start = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => dismiss(notice.id), NOTICE_MS);
  };
  const hold = () => clearTimeout(timer.current);
  useEffect(() => {
    start();
    return hold;
  }, []);
  return (
    <div
      class="notice"
      onPointerEnter={hold}
      onPointerLeave={start}
      onFocusIn={hold}
      onFocusOut={start}
    >
      <span>{notice.text}</span>
      {notice.action && (
        <button
          class="plain strong"
          onClick={() => {
            dismiss(notice.id);
            notice.action?.run();
          }}
        >
          {notice.action.label}
        </button>
      )}
      <button class="icon-button" aria-label={t.general.dismiss} onClick={() => dismiss(notice.id)}>
        <Icon name="close" />
      </button>
    </div>
  );
}
