// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.state.LinkImage;
import java.time.Duration;

/** What a run of a task has to go by: the state as it was when the run began, and the way to the source. */
public record SyncContext(LinkImage image, LinkRecord link, LinkConfig config, SourceAdmin source) {
    private static final Duration REASON_TIMEOUT = Duration.ofSeconds(1);

    /** Why a run failed: that another cluster answers, if so, for that explains the rest. */
    public LinkException reason(LinkException failure) {
        return source.reason(failure, link.sourceClusterId(), REASON_TIMEOUT);
    }

    /**
     * To be called between reading the source and doing anything about it.
     *
     * @throws LinkException if another cluster answers at the source's address: what it has says nothing of the source
     */
    void requireSource(Duration timeout) {
        source.requireCluster(link.sourceClusterId(), timeout);
    }
}
