/* The floor that hobnob's fan-out is compared with: a bare epoll server.
 *
 * Every line that arrives is sent to every connected socket, the sender's too.
 *   direct     one send() for each line and receiver, as soon as the line is read
 *   coalesce   all lines that one turn of epoll brought, in one send() a receiver
 * Nothing is parsed, named, stored or encoded. What a socket does not take at once waits in a
 * buffer of its own until EPOLLOUT; a receiver more than BACKLOG_LIMIT behind is closed.
 *
 * Usage: fanout direct|coalesce PORT      (port 0 takes any free one and prints it)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CLIENTS = 8192, EVENTS_A_TURN = 1024, READ_SIZE = 64 * 1024, BACKLOG_LIMIT = 64 * 1024 * 1024 };

struct buffer { char *bytes; size_t length, capacity; };

struct client {
    int fd;
    struct buffer half;    /* the beginning of a line whose end has not come */
    struct buffer unsent;  /* what the socket did not take */
    bool broken;           /* to be closed at the end of the turn */
};

static struct client *clients[MAX_CLIENTS];
static int client_count;
static int poller;
static bool coalesce;
static struct buffer turn; /* the lines of this turn, joined */

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void append(struct buffer *buffer, const char *bytes, size_t length)
{
    if (buffer->length + length > buffer->capacity) {
        buffer->capacity = (buffer->length + length) * 2;
        buffer->bytes = realloc(buffer->bytes, buffer->capacity);
        if (!buffer->bytes)
            fail("realloc");
    }
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

static void drop_front(struct buffer *buffer, size_t length)
{
    buffer->length -= length;
    memmove(buffer->bytes, buffer->bytes + length, buffer->length);
}

static void release(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

static void watch(struct client *client, int operation, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = client};
    if (epoll_ctl(poller, operation, client->fd, &event) < 0)
        fail("epoll_ctl");
}

static void give(struct client *client, const char *bytes, size_t length)
{
    if (client->broken)
        return;
    ssize_t taken = 0;
    if (client->unsent.length == 0) {
        taken = send(client->fd, bytes, length, MSG_NOSIGNAL);
        if (taken == (ssize_t)length)
            return;
        if (taken < 0 && errno != EAGAIN) {
            client->broken = true;
            return;
        }
        if (taken < 0)
            taken = 0;
        watch(client, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    }
    append(&client->unsent, bytes + taken, length - (size_t)taken);
    client->broken = client->unsent.length > BACKLOG_LIMIT;
}

static void give_rest(struct client *client)
{
    ssize_t taken = send(client->fd, client->unsent.bytes, client->unsent.length, MSG_NOSIGNAL);
    if (taken < 0) {
        client->broken = errno != EAGAIN;
        return;
    }
    drop_front(&client->unsent, (size_t)taken);
    if (client->unsent.length == 0) {
        release(&client->unsent);
        watch(client, EPOLL_CTL_MOD, EPOLLIN);
    }
}

static void give_all(const char *bytes, size_t length)
{
    for (int i = 0; i < client_count; i++)
        give(clients[i], bytes, length);
}

/* Tells whole lines, each alone or with the turn's others. */
static void tell(const char *lines, size_t length)
{
    if (coalesce) {
        append(&turn, lines, length);
        return;
    }
    const char *end = lines + length;
    while (lines < end) {
        const char *next = (const char *)memchr(lines, '\n', (size_t)(end - lines)) + 1;
        give_all(lines, (size_t)(next - lines));
        lines = next;
    }
}

static void hear(struct client *client)
{
    static char bytes[READ_SIZE];
    ssize_t received = recv(client->fd, bytes, sizeof bytes, 0);
    if (received <= 0) {
        client->broken = received == 0 || errno != EAGAIN;
        return;
    }
    char *last = memrchr(bytes, '\n', (size_t)received);
    size_t whole = last ? (size_t)(last - bytes) + 1 : 0;
    if (whole && client->half.length) {
        append(&client->half, bytes, whole);
        tell(client->half.bytes, client->half.length);
        release(&client->half);
    } else if (whole) {
        tell(bytes, whole);
    }
    if (whole < (size_t)received)
        append(&client->half, bytes + whole, (size_t)received - whole);
}

static void welcome(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (client_count == MAX_CLIENTS) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct client *client = calloc(1, sizeof *client);
    if (!client)
        fail("calloc");
    client->fd = fd;
    clients[client_count++] = client;
    watch(client, EPOLL_CTL_ADD, EPOLLIN);
}

static void close_broken(void)
{
    for (int i = client_count - 1; i >= 0; i--) {
        struct client *client = clients[i];
        if (!client->broken)
            continue;
        clients[i] = clients[--client_count];
        close(client->fd);
        release(&client->half);
        release(&client->unsent);
        free(client);
    }
}

static int listen_on(int port)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 4096) < 0)
        fail("cannot listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    if (port == 0) {
        printf("%d\n", ntohs(address.sin_port));
        fflush(stdout);
    }
    return listener;
}

static void take_turn(int listener)
{
    struct epoll_event events[EVENTS_A_TURN];
    int count = epoll_wait(poller, events, EVENTS_A_TURN, -1);
    if (count < 0 && errno != EINTR)
        fail("epoll_wait");
    for (int i = 0; i < count; i++) {
        struct client *client = events[i].data.ptr;
        if (!client) {
            welcome(listener);
            continue;
        }
        if (events[i].events & EPOLLOUT && client->unsent.length)
            give_rest(client);
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !client->broken)
            hear(client);
    }
    if (turn.length) {
        give_all(turn.bytes, turn.length);
        turn.length = 0;
    }
    close_broken();
}

int main(int argc, char **argv)
{
    if (argc != 3 || (strcmp(argv[1], "direct") && strcmp(argv[1], "coalesce"))) {
        fprintf(stderr, "usage: fanout direct|coalesce PORT\n");
        return 2;
    }
    coalesce = strcmp(argv[1], "coalesce") == 0;
    poller = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on(atoi(argv[2]));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;)
        take_turn(listener);
}
