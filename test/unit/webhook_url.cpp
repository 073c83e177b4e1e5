// Addresses that webhooks are sent to, and those that are refused in any spelling.
#include "core/webhook_url.hpp"

#include <string>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

int main() {
    tap t;
    for (const std::string& good :
         {std::string("https://hooks.example.com"), std::string("https://hooks.example.com/"),
          std::string("https://hooks.example.com:443/a?b=c@d:8080"),
          std::string("HTTPS://Hooks.Example.COM/A"), std::string("https://xn--80ak6aa92e.com/x"),
          std::string("https://shop.xn--90ae/"), std::string("https://1.2.3.4.example/"),
          std::string("https://localhost.example/"), std::string("https://a-b.c9.io?x"),
          "https://" + std::string(63, 'a') + ".com/%20",
          "https://a.com/" + std::string(1986, 'a')})
        t.ok(!webhook_url_problem(good), "may be called: " + good.substr(0, 60));
    for (const std::string& bad : {
             std::string(),
             std::string("https://"),
             std::string("https:///x"),
             std::string("http://example.com/"),
             std::string("ftp://example.com/"),
             std::string("//example.com/"),
             std::string("https:example.com"),
             std::string("https:/example.com"),
             std::string("javascript:https://example.com"),
             std::string(" https://example.com"),
             std::string("https://example.com\n"),
             std::string("https://example.com\t/"),
             std::string("https://exa mple.com/"),
             std::string("https://example.com\\@127.0.0.1/"),
             std::string("https://example.com/#x"),
             std::string("https://u@example.com/"),
             std::string("https://u:p@example.com/"),
             std::string("https://example.com:443@a.com"),
             std::string("https://example.com:80/"),
             std::string("https://example.com:8443/"),
             std::string("https://example.com:/"),
             std::string("https://example.com:0443/"),
             std::string("https://example.com:443:443/"),
             // IP addresses in their spellings
             std::string("https://127.0.0.1/"),
             std::string("https://8.8.8.8/"),
             std::string("https://127.1/"),
             std::string("https://2130706433/"),
             std::string("https://0x7f000001/"),
             std::string("https://0x7f.0.0.1/"),
             std::string("https://0x7f.1/"),
             std::string("https://127.0x1/"),
             std::string("https://0177.0.0.01/"),
             std::string("https://017700000001/"),
             std::string("https://0/"),
             std::string("https://127.0.0.1./"),
             std::string("https://[::1]/"),
             std::string("https://[::ffff:127.0.0.1]/"),
             std::string("https://[fd00::1]:443/"),
             std::string("https://::1/"),
             std::string("https://1.2.3.4.5/"),
             std::string("https://a.0x/"),
             std::string("https://a.1b/"),
             // names of this host and of private networks
             std::string("https://localhost/"),
             std::string("https://LOCALHOST:443/"),
             std::string("https://localhost./"),
             std::string("https://x.localhost/"),
             std::string("https://db/"),
             std::string("https://printer.local/"),
             std::string("https://x.LOCAL/"),
             std::string("https://metadata.google.internal/"),
             std::string("https://a.localdomain/"),
             std::string("https://nas.lan/"),
             std::string("https://router.home.arpa/"),
             std::string("https://a.onion/"),
             // the same in other letters: fullwidth, circled, with an ideographic full stop
             std::string("https://\xef\xbd\x8c\xef\xbd\x8f\xef\xbd\x83"
                         "alhost/"),
             std::string("https://\xe2\x93\x9b"
                         "ocalhost/"),
             std::string("https://127\xe3\x80\x82"
                         "0\xe3\x80\x82"
                         "0\xe3\x80\x82"
                         "1/"),
             std::string("https://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/"),
             std::string("https://printer.l\xd0\xbe"
                         "cal/"),
             std::string("https://printer\xe3\x80\x82local/"),
             std::string("https://%6c%6f%63alhost/"),
             std::string("https://127%2e0.0.1/"),
             std::string("https://xn--/"),
             std::string("https://a.xn--/"),
             // no names
             std::string("https://.com/"),
             std::string("https://a..com/"),
             std::string("https://a.com./"),
             std::string("https://-a.com/"),
             std::string("https://a-.com/"),
             std::string("https://a_b.com/"),
             std::string("https://*.com/"),
             std::string("https://a.c/"),
             "https://" + std::string(64, 'a') + ".com/",
             "https://a.com/" + std::string(1987, 'a'),
             std::string("https://a.com/\0x", 16),
         })
        t.ok(webhook_url_problem(bad) != nullptr, "refused: " + bad.substr(0, 60));
    std::string labels;
    while (labels.size() < 250)
        labels += "a.";
    t.ok(!webhook_url_problem("https://" + labels + "com/"), "a host name of 253 characters");
    t.ok(webhook_url_problem("https://a" + labels + "com/") != nullptr, "and none of 254");
    return t.finish();
}
