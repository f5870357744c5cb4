// Owns the one observer that says when an element comes into view and leaves it.

export interface Visit {
  enter(): void;
  leave(): void;
}

const visits = new Map<Element, { visit: Visit; inside: boolean }>();
let observer: IntersectionObserver | null = null;

function observe(): IntersectionObserver {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const one = visits.get(entry.target);
        if (!one || one.inside === entry.isIntersecting) continue;
        one.inside = entry.isIntersecting;
        if (one.inside) one.visit.enter();
        else one.visit.leave();
      }
    },
    { rootMargin: "64px" },
  );
  return observer;
}

/** Follows `element` until the returned function is called. */
export function onScreen(element: Element, visit: Visit): () => void {
  visits.set(element, { visit, inside: false });
  observe().observe(element);
  return () => {
    const one = visits.get(element);
    observe().unobserve(element);
    visits.delete(element);
    if (one?.inside) visit.leave();
  };
}
