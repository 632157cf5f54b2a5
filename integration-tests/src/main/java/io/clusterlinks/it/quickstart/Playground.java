// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.quickstart;

import io.clusterlinks.it.Distribution;
import io.clusterlinks.it.TestCluster;
import java.nio.file.Path;

/** Tells what can be done with clusters that were left running. */
final class Playground {
    private final Narrator narrator;
    private final TestCluster source;
    private final TestCluster destination;

    Playground(Narrator narrator, TestCluster source, TestCluster destination) {
        this.narrator = narrator;
        this.source = source;
        this.destination = destination;
    }

    void print() {
        Distribution distribution = Distribution.find();
        Path home = distribution.kafkaHome();
        String links = distribution.cliScript() + " --bootstrap-server " + destination.bootstrap();
        String tool = "java -cp '" + home.resolve("libs") + "/*' org.apache.kafka.tools.";
        narrator.say("");
        narrator.say("Both clusters are running: source " + source.bootstrap() + ", destination "
                + destination.bootstrap() + ". Things to try:");
        narrator.command("export KAFKA_HOME=" + home);
        narrator.command(links + " list");
        narrator.command(links + " describe --link " + Story.LINK);
        narrator.command(links + " mirrors describe --link " + Story.LINK);
        // A compacted topic takes no record without a key.
        narrator.command("echo my-key:my-value | " + tool + "ConsoleProducer --bootstrap-server " + source.bootstrap()
                + " --topic " + Story.COMPACTED_TOPIC
                + " --reader-property parse.key=true --reader-property key.separator=:");
        narrator.command(tool + "consumer.ConsoleConsumer --from-beginning --bootstrap-server "
                + destination.bootstrap() + " --topic " + Story.COMPACTED_TOPIC
                + " --formatter-property print.key=true");
        narrator.command(links + " mirrors failover --link " + Story.LINK + " --topic " + Story.COMPACTED_TOPIC);
        narrator.say("Broker logs: " + source.dir() + ", " + destination.dir());
        narrator.say("Stop and remove both:");
        narrator.command(distribution.root().resolve("bin/quickstart.sh") + " --stop");
    }
}
