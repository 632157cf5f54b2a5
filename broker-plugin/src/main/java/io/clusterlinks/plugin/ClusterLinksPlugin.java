// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.plugin;

import io.clusterlinks.admin.AdminInterceptor;
import io.clusterlinks.admin.MirrorRequestFence;
import io.clusterlinks.guard.StandingFence;
import io.clusterlinks.host.BrokerHooks;
import io.clusterlinks.host.InterceptedRequest;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.host.WriteFence;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.SnapshotFile;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The plugin as the broker sees it: starts and stops with it, and keeps the fence up in between. */
public final class ClusterLinksPlugin implements BrokerHooks {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterLinksPlugin.class);

    private final StandingFence fence = new StandingFence();
    private volatile PluginRuntime runtime;
    private PluginSettings settings;
    private SnapshotFile snapshot;
    private LinkImage image = LinkImage.EMPTY;
    /** Stays when the runtime has stopped, and stands if it could not be started. */
    private volatile MirrorRequestFence requests = new MirrorRequestFence(fence, () -> image, id -> Optional.empty());

    @Override
    public void onStarting(int nodeId, Map<String, Object> serverProperties) {
        settings = PluginSettings.of(serverProperties);
        snapshot = new SnapshotFile(settings.stateDirs());
        image = snapshot.load();
        fence.onImage(image, false);
        LOG.info(
                "Kafka Cluster Links {} on broker {}: the snapshot knows {} links and {} mirror topics",
                Version.current(),
                nodeId,
                image.links().size(),
                image.mirrors().size());
    }

    /** Mirrors that were made while this broker was away are not in its snapshot: it leads nothing before it knows them. */
    @Override
    public void onJoining(LocalBroker broker) {
        PluginRuntime joining = new PluginRuntime(broker, settings, snapshot, image, fence);
        requests = joining.requests();
        runtime = joining;
        joining.readState();
    }

    @Override
    public void onStarted() {
        runtime.start();
        LOG.info("Kafka Cluster Links {} started", Version.current());
    }

    /** Requests and writes are served for seconds after that: both fences stay up, with what is known by then. */
    @Override
    public void onStopping() {
        PluginRuntime stopping = runtime;
        runtime = null;
        if (stopping != null) {
            stopping.close();
        }
    }

    @Override
    public WriteFence fence() {
        return fence.get();
    }

    @Override
    public boolean intercept(InterceptedRequest request) {
        PluginRuntime running = runtime;
        return running == null
                ? AdminInterceptor.interceptWithoutLinks(request, requests)
                : running.interceptor().intercept(request);
    }
}
