// Owns the bar at the bottom of the narrow layout: mail, contacts, chats.
import { chats } from "../chat/store";
import { compose } from "../compose/store";
import { folderCount, byRole } from "../mail/mailboxes";
import { imPresent } from "../presence/status";
import { t } from "../text";
import { Icon, type IconName } from "./icons";
import { START, go, route, type Route } from "./route";

interface ViewProps {
  to: Route;
  icon: IconName;
  name: string;
  count: number;
}

function View({ to, icon, name, count }: ViewProps) {
  const isHere = route.value.view === to.view;
  return (
    <button
      data-view={to.view}
      aria-label={count > 0 ? `${name}, ${t.mail.unread(count)}` : name}
      aria-current={isHere ? "page" : undefined}
      onClick={() => {
        if (to.view === "mail") compose.putAside();
        go(to);
      }}
    >
      {`${name} `}
      <span class="view-icon">
        <Icon name={icon} />
        {count > 0 && <span class="count strong">{count}</span>}
      </span>
    </button>
  );
}

export function Views() {
  const inbox = byRole("inbox");
  return (
    <nav class="views" aria-label={t.general.views} data-pane>
      <View
        to={START}
        icon="inbox"
        name={t.mail.folderNames["inbox"] ?? ""}
        count={inbox ? folderCount(inbox) : 0}
      />
      {imPresent.value && (
        <>
          <View to={{ view: "people" }} icon="person" name={t.people.title} count={0} />
          <View
            to={{ view: "chats", conversation: null }}
            icon="chat"
            name={t.chat.title}
            count={chats.unread.value}
          />
        </>
      )}
    </nav>
  );
}
