/* The load that every server under measurement gets: many connections, some of which send.
 *
 * It speaks three protocols: `json` (hobnob's), `irc` and `lines` (the bare reference server: what one
 * sends, all receive). It sets the connections up, prints {"ready":true}, and then runs one round
 * for each line on its standard input:
 *   burst WINDOW SECONDS    every sender keeps WINDOW messages unacknowledged
 *   paced RATE SECONDS      RATE messages a second in all, the senders taking turns
 * After sending it waits until everything is acknowledged and delivered, then prints one JSON
 * line with what was counted. `cpu_ns` is the CPU time of the *server's* process, all its threads,
 * over the round. A latency counts from the moment the message was due, not from when it was
 * written, so a late sender is no excuse. A fault ends the program with a sentence on stderr.
 *
 * Usage: load PORT json|irc|lines shared|own CONNECTIONS SENDERS TEXT_LENGTH SERVER_PID
 *   shared: all sit in one room and hear everyone; own: each sits in a room of its own.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_SIZE = 256 * 1024,
    MAX_LINE = 2 * 1024 * 1024,
    MAX_TEXT = 8192,
    RING = 8192,           /* the most messages one sender may have unacknowledged */
    GREETINGS_AT_ONCE = 32,
    FIRST_MESSAGE = 100,   /* ids below are those of the set-up */
};
static const int64_t SECOND = 1000000000, MILLISECOND = 1000000;
static const int64_t SETUP_LIMIT = 40 * 1000000000LL, DRAIN_LIMIT = 10 * 1000000000LL;

struct buffer { char *bytes; size_t length, capacity; };

struct connection {
    int fd, number;        /* the number names it: bench7, room bench-7 */
    struct buffer half;    /* the beginning of a line whose end has not come */
    struct buffer unsent;  /* what the socket did not take */
    bool waits_to_send;
    uint32_t next_id, in_flight;
    int64_t *due_at;       /* senders: when message id % RING was due */
};

static struct {
    int64_t sent, acked, refused, delivered, bytes, setup_replies;
    char first_error[240];
    uint32_t *latencies;   /* microseconds, one for each ack of this round */
    size_t latencies_capacity;
} counted;

static struct connection *connections;
static int connection_count, sender_count, text_length, poller;
static bool json, irc, own_rooms;
static char text[MAX_TEXT + 1];

static void __attribute__((noreturn, format(printf, 1, 2))) stop(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) < 0)
        stop("The server's CPU clock cannot be read; it may have ended.");
    return now.tv_sec * SECOND + now.tv_nsec;
}

static int64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

static void reserve(struct buffer *buffer, size_t more)
{
    if (buffer->length + more <= buffer->capacity)
        return;
    buffer->capacity = (buffer->length + more) * 2;
    buffer->bytes = realloc(buffer->bytes, buffer->capacity);
    if (!buffer->bytes)
        stop("The load client ran out of memory.");
}

static void append(struct buffer *buffer, const char *bytes, size_t length)
{
    reserve(buffer, length);
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

static void __attribute__((format(printf, 2, 3))) append_text(struct buffer *buffer, const char *format, ...)
{
    reserve(buffer, MAX_TEXT + 512);
    va_list arguments;
    va_start(arguments, format);
    buffer->length += (size_t)vsprintf(buffer->bytes + buffer->length, format, arguments);
    va_end(arguments);
}

static void watch(struct connection *connection, int operation, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(poller, operation, connection->fd, &event) < 0)
        stop("epoll_ctl: %s", strerror(errno));
}

/* Sends what the connection has; the rest waits for EPOLLOUT. */
static void flush(struct connection *connection)
{
    struct buffer *unsent = &connection->unsent;
    if (unsent->length == 0)
        return;
    ssize_t taken = send(connection->fd, unsent->bytes, unsent->length, MSG_NOSIGNAL);
    if (taken < 0 && errno != EAGAIN)
        stop("Connection %d could not send: %s", connection->number, strerror(errno));
    if (taken > 0) {
        unsent->length -= (size_t)taken;
        memmove(unsent->bytes, unsent->bytes + taken, unsent->length);
    }
    if (connection->waits_to_send == (unsent->length > 0))
        return;
    connection->waits_to_send = unsent->length > 0;
    watch(connection, EPOLL_CTL_MOD, connection->waits_to_send ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

#define REF_SIZE (12 + 26 + 1)

/* What hobnob's own clients make of a `ref`: the time in ms (12 hexadecimal digits), then 130 random bits in base32. */
static void write_ref(char ref[REF_SIZE])
{
    static uint64_t state[4];
    if (!state[0] && getrandom(state, sizeof state, 0) != sizeof state)
        stop("The system gave no random bytes.");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(ref, REF_SIZE, "%012llx", (unsigned long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    for (int i = 12; i < REF_SIZE - 1; i++) {
        uint64_t *word = &state[i & 3];
        *word ^= *word << 13;
        *word ^= *word >> 7;
        *word ^= *word << 17;
        ref[i] = "abcdefghijklmnopqrstuvwxyz234567"[*word >> 32 & 31];
    }
    ref[REF_SIZE - 1] = 0;
}

static void say(struct connection *sender, int64_t due)
{
    uint32_t id = sender->next_id++;
    if (json) {
        char ref[REF_SIZE], room[32] = "lobby";
        write_ref(ref);
        if (own_rooms)
            snprintf(room, sizeof room, "bench-%d", sender->number);
        append_text(&sender->unsent, "{\"do\":\"send_message\",\"id\":\"%u\",\"ref\":\"%s\",\"room\":\"#%s\",\"text\":\"%s\"}\n",
                    id, ref, room, text);
    } else if (irc) {
        append_text(&sender->unsent, "PRIVMSG #bench :%05d %09u %s\r\n", sender->number, id, text + 16);
    } else {
        append_text(&sender->unsent, "%05d %09u %s\n", sender->number, id, text + 16);
    }
    sender->due_at[id % RING] = due;
    sender->in_flight++;
    counted.sent++;
}

static void note_error(const char *line, size_t length)
{
    if (counted.first_error[0])
        return;
    if (length >= sizeof counted.first_error)
        length = sizeof counted.first_error - 1;
    for (size_t i = 0; i < length; i++)
        counted.first_error[i] = line[i] < ' ' || line[i] == '"' || line[i] == '\\' ? '\'' : line[i];
}

static void hear_ack(struct connection *sender, uint32_t id)
{
    int64_t waited = now_ns() - sender->due_at[id % RING];
    if ((size_t)counted.acked == counted.latencies_capacity) {
        counted.latencies_capacity = counted.latencies_capacity * 2 + 65536;
        counted.latencies = realloc(counted.latencies, counted.latencies_capacity * sizeof(uint32_t));
        if (!counted.latencies)
            stop("The load client ran out of memory.");
    }
    counted.latencies[counted.acked++] = (uint32_t)(waited / 1000);
    sender->in_flight--;
}

static void hear_json(struct connection *connection, const char *line, size_t length)
{
    static const char reply[] = "{\"reply\":\"", event[] = "{\"event\":\"message_sent\"";
    if (length > sizeof event && !memcmp(line, event, sizeof event - 1)) {
        counted.delivered++;
        return;
    }
    if (length <= sizeof reply || memcmp(line, reply, sizeof reply - 1))
        return;
    uint32_t id = (uint32_t)strtoul(line + sizeof reply - 1, NULL, 10);
    bool ok = memmem(line, length, "\"ok\":true", 9);
    if (!ok)
        note_error(line, length);
    if (id < FIRST_MESSAGE && !ok)
        stop("The server refused the set-up: %.*s", (int)length, line);
    if (id < FIRST_MESSAGE) {
        counted.setup_replies++;
    } else if (ok) {
        hear_ack(connection, id);
    } else {
        counted.refused++;
        connection->in_flight--;
    }
}

static void hear_line(struct connection *connection, const char *line, size_t length)
{
    if (length < 16)
        stop("A line came back too short.");
    counted.delivered++;
    if ((int)strtoul(line, NULL, 10) == connection->number && connection->due_at)
        hear_ack(connection, (uint32_t)strtoul(line + 6, NULL, 10));
}

/* An echo (IRCv3 echo-message) is an acknowledgement too, as it is told when all others are. */
static void hear_irc(struct connection *connection, const char *line, size_t length)
{
    static const char said[] = " PRIVMSG #bench :", ready[] = " PONG ", refused[] = " 40";
    const char *found = memmem(line, length, said, sizeof said - 1);
    if (found) {
        hear_line(connection, found + sizeof said - 1, (size_t)(line + length - found) - sizeof said + 1);
    } else if (memmem(line, length, ready, sizeof ready - 1)) {
        counted.setup_replies++;
    } else if ((found = memchr(line, ' ', length)) && line + length - found > 3 && !memcmp(found, refused, 3)) {
        stop("The server refused: %.*s", (int)length, line);
    }
}

static void hear_lines(struct connection *connection, const char *bytes, size_t length)
{
    const char *end = bytes + length;
    while (bytes < end) {
        const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
        (json ? hear_json : irc ? hear_irc : hear_line)(connection, bytes, (size_t)(newline - bytes));
        bytes = newline + 1;
    }
}

static void hear(struct connection *connection)
{
    static char bytes[READ_SIZE];
    ssize_t received = recv(connection->fd, bytes, sizeof bytes, 0);
    if (received < 0 && errno == EAGAIN)
        return;
    if (received <= 0)
        stop("The server closed connection %d. %.*s", connection->number, (int)connection->half.length,
             connection->half.length ? connection->half.bytes : "");
    counted.bytes += received;
    char *last = memrchr(bytes, '\n', (size_t)received);
    size_t whole = last ? (size_t)(last - bytes) + 1 : 0;
    if (whole && connection->half.length) {
        append(&connection->half, bytes, whole);
        hear_lines(connection, connection->half.bytes, connection->half.length);
        connection->half.length = 0;
    } else if (whole) {
        hear_lines(connection, bytes, whole);
    }
    if (whole < (size_t)received)
        append(&connection->half, bytes + whole, (size_t)received - whole);
    if (connection->half.length > MAX_LINE)
        stop("The server sent a line without an end.");
}

/* Fills the sender's window, if messages may still be sent. */
static void refill(struct connection *sender, uint32_t window)
{
    while (sender->in_flight < window)
        say(sender, now_ns());
    flush(sender);
}

/* One turn of epoll: reads and, with a window, sends on. Answers whether anything happened. */
static bool turn(int64_t longest, uint32_t window)
{
    struct epoll_event events[1024];
    struct timespec timeout = {longest / SECOND, longest % SECOND};
    if (longest < 0)
        timeout = (struct timespec){0, 0};
    int count = epoll_pwait2(poller, events, 1024, &timeout, NULL);
    if (count < 0 && errno != EINTR)
        stop("epoll_pwait2: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        struct connection *connection = events[i].data.ptr;
        if (events[i].events & EPOLLOUT)
            flush(connection);
        if (events[i].events & ~(unsigned)EPOLLOUT)
            hear(connection);
        if (window && connection->due_at)
            refill(connection, window);
    }
    return count > 0;
}

static void wait_for_setup_replies(int64_t wanted, int64_t deadline)
{
    while ((json || irc) && counted.setup_replies < wanted) {
        turn(100 * MILLISECOND, 0);
        if (now_ns() > deadline)
            stop("Only %lld of %lld connections were greeted in time.", (long long)counted.setup_replies, (long long)wanted);
    }
}

/* What a modern client negotiates; without the list of names, which is for people. */
static void register_irc(struct connection *connection, int number)
{
    append_text(&connection->unsent, "CAP REQ :message-tags server-time echo-message no-implicit-names\r\nNICK bench%d\r\n"
                "USER bench 0 * :bench%d\r\nCAP END\r\nJOIN #bench\r\nPING ready\r\n", number, number);
    flush(connection);
}

static void open_connection(struct connection *connection, int number, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    connection->number = number;
    connection->next_id = FIRST_MESSAGE;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&address, sizeof address) < 0)
        stop("Connection %d could not be opened: %s", number, strerror(errno));
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    watch(connection, EPOLL_CTL_ADD, EPOLLIN);
    if (number < sender_count && !(connection->due_at = calloc(RING, sizeof(int64_t))))
        stop("The load client ran out of memory.");
    if (json) {
        append_text(&connection->unsent, "{\"do\":\"hello\",\"id\":\"0\",\"name\":\"bench%d\"}\n", number);
        if (own_rooms)
            append_text(&connection->unsent, "{\"do\":\"create_room\",\"id\":\"1\",\"name\":\"bench-%d\"}\n", number);
        flush(connection);
    }
    if (irc)
        register_irc(connection, number);
}

static void set_up(int port)
{
    int64_t deadline = now_ns() + SETUP_LIMIT, replies_each = own_rooms ? 2 : 1;
    for (int i = 0; i < connection_count; i++) {
        open_connection(&connections[i], i, port);
        wait_for_setup_replies((i + 1 - GREETINGS_AT_ONCE) * replies_each, deadline);
    }
    wait_for_setup_replies(connection_count * replies_each, deadline);
    while (turn(300 * MILLISECOND, 0))  /* until the news of everyone's coming has come everywhere */
        if (now_ns() > deadline)
            stop("The server does not come to rest after the set-up.");
}

static int64_t outstanding(void)
{
    int64_t heard_by = own_rooms ? 1 : connection_count;
    int64_t unanswered = counted.sent - counted.acked - counted.refused;
    int64_t undelivered = (counted.sent - counted.refused) * heard_by - counted.delivered;
    return unanswered > undelivered ? unanswered : undelivered;
}

static void burst(uint32_t window, int64_t end)
{
    for (int i = 0; i < sender_count; i++)
        refill(&connections[i], window);
    while (now_ns() < end)
        turn(end - now_ns(), window);
}

static void paced(double rate, int64_t start, int64_t end)
{
    int64_t tick = rate >= 1000 ? MILLISECOND : (int64_t)(1e9 / rate);
    int64_t due_messages = 0;
    for (int64_t due = start; due < end; due += tick) {
        while (now_ns() < due)
            turn(due - now_ns(), 0);
        int64_t wanted = (int64_t)((double)(due + tick - start) * rate / 1e9 + 0.5);
        for (; due_messages < wanted; due_messages++) {
            struct connection *sender = &connections[due_messages % sender_count];
            if (sender->in_flight == RING)
                stop("The server is %d messages behind the pace.", RING);
            say(sender, due);
            flush(sender);
        }
        turn(0, 0);
    }
}

static void report(int64_t start, int64_t cpu, int64_t client_cpu)
{
    int64_t heard_by = own_rooms ? 1 : connection_count;
    printf("{\"seconds\":%.6f,\"sent\":%lld,\"acked\":%lld,\"refused\":%lld,\"delivered\":%lld,\"expected\":%lld,"
           "\"bytes\":%lld,\"cpu_ns\":%lld,\"client_cpu_ns\":%lld,\"first_error\":\"%s\",\"latencies_us\":[",
           (double)(now_ns() - start) / 1e9, (long long)counted.sent, (long long)counted.acked,
           (long long)counted.refused, (long long)counted.delivered, (long long)(counted.sent - counted.refused) * heard_by,
           (long long)counted.bytes, (long long)cpu, (long long)client_cpu, counted.first_error);
    for (int64_t i = 0; i < counted.acked; i++)
        printf(i ? ",%u" : "%u", counted.latencies[i]);
    puts("]}");
    fflush(stdout);
}

static void run_round(const char *order, clockid_t server_clock)
{
    double amount, seconds;
    char kind[8];
    if (sscanf(order, "%7s %lf %lf", kind, &amount, &seconds) != 3 || amount <= 0 || (kind[0] == 'b' && amount > RING))
        stop("Not an order: %s", order);
    uint32_t *kept = counted.latencies;
    size_t capacity = counted.latencies_capacity;
    memset(&counted, 0, sizeof counted);
    counted.latencies = kept;
    counted.latencies_capacity = capacity;
    int64_t cpu = clock_ns(server_clock), client_cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID), start = now_ns();
    int64_t end = start + (int64_t)(seconds * 1e9);
    if (kind[0] == 'b')
        burst((uint32_t)amount, end);
    else
        paced(amount, start, end);
    int64_t deadline = now_ns() + DRAIN_LIMIT;
    while (outstanding() > 0 && now_ns() < deadline)
        turn(100 * MILLISECOND, 0);
    report(start, clock_ns(server_clock) - cpu, clock_ns(CLOCK_PROCESS_CPUTIME_ID) - client_cpu);
}

int main(int argc, char **argv)
{
    if (argc != 8)
        stop("usage: load PORT json|irc|lines shared|own CONNECTIONS SENDERS TEXT_LENGTH SERVER_PID");
    json = !strcmp(argv[2], "json");
    irc = !strcmp(argv[2], "irc");
    own_rooms = !strcmp(argv[3], "own");
    connection_count = atoi(argv[4]);
    sender_count = atoi(argv[5]);
    text_length = atoi(argv[6]);
    if (sender_count < 1 || sender_count > connection_count || text_length < 20 || text_length > MAX_TEXT)
        stop("The number of senders or the length of the text is out of range.");
    static const char phrase[] = "a message of the load client, as long as a person's usual one; ";
    for (int i = 0; i < text_length; i++)
        text[i] = phrase[(size_t)i % (sizeof phrase - 1)];
    clockid_t server_clock;
    if (clock_getcpuclockid(atoi(argv[7]), &server_clock))
        stop("There is no process %s to measure.", argv[7]);
    poller = epoll_create1(EPOLL_CLOEXEC);
    connections = calloc((size_t)connection_count, sizeof *connections);
    if (poller < 0 || !connections)
        stop("The load client ran out of memory.");
    set_up(atoi(argv[1]));
    puts("{\"ready\":true}");
    fflush(stdout);
    char order[128];
    while (fgets(order, sizeof order, stdin))
        run_round(order, server_clock);
    return 0;
}
