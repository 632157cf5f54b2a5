// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.record.LinkRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.utils.Time;

/** Clients that speak to real clusters. */
public final class KafkaSourceClients implements SourceClients {
    private final Time time;
    private final FetchMemory memory;

    /** Clients whose fetches share {@code memory}. */
    public KafkaSourceClients(FetchMemory memory, Time time) {
        this.memory = memory;
        this.time = time;
    }

    @Override
    public SourceAdmin admin(String link, LinkConfig config) {
        return new KafkaSourceAdmin(link, config);
    }

    @Override
    public SourceQueryClient queries(LinkRecord link, LinkConfig config) {
        return new KafkaSourceQueryClient(link, config, time);
    }

    @Override
    public SourceFetchClient fetcher(LinkRecord link, LinkConfig config, Node broker, String name) {
        return new KafkaSourceFetchClient(link, config, broker, name, memory, time);
    }
}
