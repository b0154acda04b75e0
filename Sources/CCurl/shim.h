#include <curl/curl.h>

// libcurl's option calls are variadic, and Swift imports no variadic C function. Each helper below fixes the one
// argument type that its name says; a caller must pass an option of that type.

/// Swift cannot call curl_easy_setopt (variadic): options that take a long.
static inline CURLcode cosmolet_easy_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

/// Swift cannot call curl_easy_setopt (variadic): options that take a curl_off_t.
static inline CURLcode cosmolet_easy_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

/// Swift cannot call curl_easy_setopt (variadic): options that take a string, which libcurl copies. NULL unsets it.
static inline CURLcode cosmolet_easy_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

/// Swift cannot call curl_easy_setopt (variadic): options that take an untyped pointer, which libcurl keeps.
static inline CURLcode cosmolet_easy_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

/// Swift cannot call curl_easy_setopt (variadic): options that take a header list, which libcurl keeps.
static inline CURLcode cosmolet_easy_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

/// Swift cannot call curl_easy_setopt (variadic): options that take bytes; libcurl is told to copy them.
static inline CURLcode cosmolet_easy_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(handle, option, &blob);
}

/// Swift cannot call curl_easy_setopt (variadic): options that take a body or header callback.
static inline CURLcode cosmolet_easy_set_callback(CURL *handle, CURLoption option, curl_write_callback callback) {
    return curl_easy_setopt(handle, option, callback);
}

/// Swift cannot call curl_easy_getinfo (variadic): facts that are an untyped pointer.
static inline CURLcode cosmolet_easy_get_pointer(CURL *handle, CURLINFO info, void **value) {
    return curl_easy_getinfo(handle, info, value);
}

/// Swift does not import the macro CURL_WRITEFUNC_PAUSE: what a body callback returns to be called again later.
static const size_t cosmolet_write_pause = CURL_WRITEFUNC_PAUSE;

/// Swift does not import the macro CURL_GLOBAL_DEFAULT (it is made of other macros).
static const long cosmolet_global_default = CURL_GLOBAL_DEFAULT;
