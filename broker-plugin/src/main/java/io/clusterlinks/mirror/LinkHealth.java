// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.LinkState;
import io.clusterlinks.state.BrokerReport.ObservedLink;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way to a source as this broker sees it. Written by the link's thread, read by anyone. */
final class LinkHealth {
    private static final Logger log = LoggerFactory.getLogger(LinkHealth.class);

    private final String link;
    private volatile ObservedLink observed;

    LinkHealth(String link, long nowMs) {
        this.link = link;
        this.observed = new ObservedLink(link, LinkState.ACTIVE, null, nowMs);
    }

    ObservedLink observed() {
        return observed;
    }

    boolean isActive() {
        return observed.state() == LinkState.ACTIVE;
    }

    /** Enters {@code state}; the time since is kept while only the reason changes. */
    void enter(LinkState state, String reason, long nowMs) {
        ObservedLink was = observed;
        if (was.state() == state && Objects.equals(was.reason(), reason)) {
            return;
        }
        observed = new ObservedLink(link, state, reason, was.state() == state ? was.sinceMs() : nowMs);
        if (state == LinkState.ACTIVE) {
            log.info("Link {}: the source answers again", link);
        } else {
            log.warn("Link {} is {}: {}", link, state, reason);
        }
    }
}
