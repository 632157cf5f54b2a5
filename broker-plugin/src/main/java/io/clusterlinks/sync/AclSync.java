// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.AclRecord;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import io.clusterlinks.state.StateCommitter;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over ACLs of the source. Which ones the link created is recorded before they are, and only those are ever
 * deleted: an ACL that was here before, or that somebody else created, is untouched. ACLs that came to the source over a
 * link of its own are left out: with links in both directions they would come back under ever longer names, and one that
 * is deleted would be brought back by the other side.
 */
public final class AclSync implements SyncTask {
    private static final Logger LOG = LoggerFactory.getLogger(AclSync.class);
    private static final Duration SOURCE_TIMEOUT = Duration.ofSeconds(10);
    /** A controller takes at most 10,000 at a time, and refuses all of more. */
    private static final int MAX_TOGETHER = 1_000;

    private final LocalBroker broker;
    private final StateCommitter state;
    private final Supplier<LinkImage> newest;
    private final AclChanges changes;

    /**
     * @param newest the newest image; fails where this broker does not coordinate
     */
    public AclSync(LocalBroker broker, StateCommitter state, Supplier<LinkImage> newest) {
        this.broker = broker;
        this.state = state;
        this.newest = newest;
        this.changes = new AclChanges(broker);
    }

    @Override
    public String name() {
        return "acls";
    }

    @Override
    public OptionalLong intervalMs(LinkConfig config) {
        return config.getBoolean(LinkConfig.ACL_SYNC_ENABLE)
                ? OptionalLong.of(config.getLong(LinkConfig.ACL_SYNC_MS))
                : OptionalLong.empty();
    }

    @Override
    public TaskOutcome run(SyncContext context) {
        if (broker.authorizer().isEmpty()) {
            throw new LinkException(
                    Errors.SECURITY_DISABLED,
                    "This cluster has no authorizer, so no ACLs can be taken over; everything else of the link works."
                            + " Set authorizer.class.name on the brokers, or " + LinkConfig.ACL_SYNC_ENABLE
                            + "=false on the link.");
        }
        String link = context.link().link();
        Set<AclBinding> atSource =
                new HashSet<>(context.source().acls(context.config().aclFilters(), SOURCE_TIMEOUT));
        // Asked after the others: an ACL that came over a link is recorded before it is there.
        atSource.removeAll(context.source().linkedAcls(SOURCE_TIMEOUT));
        context.requireSource(SOURCE_TIMEOUT);
        LinkImage image = newest.get();
        AclMapping mapping = new AclMapping(context.config(), image, context.link());
        Set<AclBinding> wanted = mapping.map(atSource);
        AclPlan plan = AclPlan.of(wanted, owned(image, link), ofOthers(image, link), here());
        TaskOutcome.Counter counter = new TaskOutcome.Counter();
        counter.items(wanted.size());
        if (!plan.isEmpty()) {
            plan.parts(MAX_TOGETHER).forEach(part -> carryOut(context.link(), part, counter));
        }
        Stream.concat(mapping.conflicts(atSource).stream(), mapping.unsupported(atSource).stream())
                .forEach(trouble -> counter.trouble(trouble.item(), trouble.state(), trouble.message()));
        return counter.outcome();
    }

    private static Set<AclBinding> owned(LinkImage image, String link) {
        return image.acls(link).stream().map(AclRecord::binding).collect(Collectors.toSet());
    }

    private static Set<AclBinding> ofOthers(LinkImage image, String link) {
        return image.links().stream()
                .map(LinkRecord::link)
                .filter(name -> !name.equals(link))
                .flatMap(name -> image.acls(name).stream())
                .map(AclRecord::binding)
                .collect(Collectors.toSet());
    }

    private Set<AclBinding> here() {
        Set<AclBinding> acls = new HashSet<>();
        broker.authorizer().orElseThrow().acls(AclBindingFilter.ANY).forEach(acls::add);
        return acls;
    }

    private void carryOut(LinkRecord seen, AclPlan plan, TaskOutcome.Counter counter) {
        String link = seen.link();
        LinkImage begun = Commits.commit(state, image -> begin(image, seen, plan));
        Map<AclBinding, String> refused = changes.create(plan.create());
        refused.forEach((acl, why) -> counter.trouble(acl.toString(), "FAILED", why));
        Set<AclBinding> last = new HashSet<>(plan.delete());
        last.retainAll(owned(begun, link));
        Map<AclBinding, String> kept = changes.delete(last);
        kept.forEach((acl, why) -> counter.trouble(acl.toString(), "FAILED", why));
        Set<AclBinding> disown = new HashSet<>(plan.disown());
        disown.removeAll(kept.keySet());
        // What is not there is not the link's: somebody else may create it one day.
        disown.addAll(refused.keySet());
        if (!disown.isEmpty()) {
            List<Change> disowned = disown.stream()
                    .map(acl -> Change.delete(AclRecord.of(link, acl).key()))
                    .toList();
            Commits.commit(state, image -> disowned);
        }
        int changed = plan.create().size() - refused.size() + last.size() - kept.size();
        counter.changed(changed);
        if (changed > 0) {
            LOG.info(
                    "Link {}: created {} ACLs, deleted {} of its own",
                    link,
                    plan.create().size() - refused.size(),
                    last.size() - kept.size());
        }
    }

    /**
     * Always written, and before anything is done: only a write proves that this broker still coordinates. What is to go, but
     * is another link's too, is that one's alone from here on: were it left to who reads first, two that drop it at the same
     * time would both leave it to the other.
     */
    private static List<Change> begin(LinkImage image, LinkRecord seen, AclPlan plan) {
        boolean asSeen = image.link(seen.link()).filter(seen::equals).isPresent()
                && owned(image, seen.link()).containsAll(plan.delete());
        if (!asSeen) {
            throw LinkException.invalid("Link '" + seen.link() + "' was changed meanwhile.");
        }
        Set<AclBinding> shared = new HashSet<>(plan.delete());
        shared.retainAll(ofOthers(image, seen.link()));
        return plan.touched()
                .map(acl -> AclRecord.of(seen.link(), acl))
                .map(record -> shared.contains(record.binding()) ? Change.delete(record.key()) : Change.put(record))
                .toList();
    }
}
