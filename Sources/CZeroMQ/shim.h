#include <zmq.h>

/// Swift does not import the macro ETERM (it is made of other macros): the context of a socket has been terminated.
static const int cosmolet_zmq_eterm = ETERM;

/// Swift imports zmq_msg_t without its only member, whose name is an underscore: makes one that holds nothing.
static inline zmq_msg_t cosmolet_zmq_empty_message(void) {
    zmq_msg_t message;
    zmq_msg_init(&message);
    return message;
}
