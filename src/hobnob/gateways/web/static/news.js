// What happened in a room besides messages, in one sentence each; null for what needs none.

const ROLES = { owner: "an owner", moderator: "a moderator", speaker: "a speaker", member: "a member", guest: "a guest" };

const until = (time) => (time ? ` until ${new Date(time).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}` : "");
const because = (reason) => (reason ? ` (${reason})` : "");

const SENTENCES = {
  member_left: ({ by, by_name, person, person_name, reason }) => by !== person && `${by_name} removed ${person_name}${because(reason)}`,
  member_banned: ({ by_name, person_name, reason, until: end }) => `${by_name} banned ${person_name}${until(end)}${because(reason)}`,
  member_unbanned: ({ by_name, person_name }) => `${by_name} ended the ban of ${person_name}`,
  member_muted: ({ by_name, person_name, reason, until: end }) => `${by_name} muted ${person_name}${until(end)}${because(reason)}`,
  member_unmuted: ({ by_name, person_name }) => `${by_name} let ${person_name} write again`,
  role_changed: ({ by_name, person_name, role }) => `${by_name} made ${person_name} ${ROLES[role] ?? role}`,
  aside_sent: ({ by_name, to, text }) => text && `${by_name} to ${to}s alone: ${text}`,
  person_invited: ({ by_name, person_name }) => `${by_name} invited ${person_name}`,
  topic_changed: ({ by_name, topic }) => (topic ? `${by_name} set the topic: ${topic}` : `${by_name} removed the topic`),
  room_changed: ({ by_name, name, kind, posting, slow }) =>
    `${by_name} changed the room: #${name}, ${kind}${posting === "moderators" ? ", only moderators write" : ""}${slow ? `, ${slow} s between two messages` : ""}`,
};

export const sentence = (event) => SENTENCES[event.event]?.(event) || null;

// Whether an event takes somebody's own place away, and what to tell them.
export function lossOf(event, you, room) {
  if (event.event !== "member_left" || event.person !== you || event.by === you) return null;
  return `${event.by_name} removed you from ${room}${because(event.reason)}.`;
}
